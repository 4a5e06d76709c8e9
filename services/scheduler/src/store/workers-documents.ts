import { type DocumentPlace, type DocumentStore, openDocumentStore } from "@millrace/documents";
import { type Clock, limits, type Random } from "@millrace/shared";

/** Opens the store in which gateways store documents, if this scheduler has its place. Workers read it by the scheduler, and add to it. */
export const workersDocuments = async (
  place: DocumentPlace | undefined,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<DocumentStore | undefined> =>
  place === undefined
    ? undefined
    : openDocumentStore({ ...place, maxBytes: limits.documentBytes, clock, random });
