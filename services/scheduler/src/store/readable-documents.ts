import { type DocumentStore, openDocumentStore } from "@millrace/documents";
import { type Clock, limits, type Random } from "@millrace/shared";

/** Opens the store in which gateways store documents, if this scheduler has its directory. The scheduler only reads it. */
export const readableDocuments = async (
  directory: string | undefined,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<DocumentStore | undefined> =>
  directory === undefined
    ? undefined
    : openDocumentStore({ directory, maxBytes: limits.documentBytes, clock, random });
