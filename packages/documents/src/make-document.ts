import type { DocumentId } from "@millrace/shared";
import type { DocumentHeader, PutOutcome } from "./contract.ts";
import type { DocumentHome } from "./document-home.ts";
import type { DocumentRef, LivingDocument, StoredDocument } from "./stored-document.ts";
import type { StoredType } from "./stored-type.ts";

/** Describes content that is written. */
export function documentOf(
  { id, ownerKeyId }: DocumentRef,
  { name, expiresAtMs, purpose }: DocumentHeader,
  {
    type,
    ...content
  }: Pick<StoredDocument, "sizeBytes" | "sha256" | "createdAtMs"> & { readonly type: StoredType },
): StoredDocument {
  return {
    ...{ id, ownerKeyId, name: name === "" ? "document" : name, ...type, ...content },
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    ...(purpose === undefined ? {} : { purpose }),
  };
}

/** A document that has the same content as another one, with its retention begun anew, or the entry of one that is gone. */
interface SameContent {
  readonly existing?: LivingDocument | undefined;
  readonly stale?: DocumentId | undefined;
}

export async function sameContent(
  home: DocumentHome,
  document: StoredDocument,
): Promise<SameContent> {
  const { ownerKeyId, expiresAtMs } = document;
  const id = await home.contents.find(document);
  if (id === undefined) return {};
  const existing = await home.renew({ id, ownerKeyId }, expiresAtMs);
  return existing === undefined ? { stale: id } : { existing };
}

/** Makes a document of content that is written. */
export async function makeDocument(
  home: DocumentHome,
  document: StoredDocument,
  stale: DocumentId | undefined,
): Promise<PutOutcome & { readonly kind: "stored" }> {
  const { id, ownerKeyId, expiresAtMs } = document;
  const living = await home.create(document);
  // Another upload of the same content may have been faster. Then its document is the one that stays.
  const entered = await home.contents.enter(document, id, stale);
  const first =
    entered === id ? undefined : await home.renew({ id: entered, ownerKeyId }, expiresAtMs);
  if (first === undefined) return { kind: "stored", document: living, existing: false };
  if ((await home.takeAway(document, living.usedAtMs)) === "used") {
    // A job has named it already, so it stays beside the first one.
    return { kind: "stored", document: living, existing: false };
  }
  await home.discard(document);
  return { kind: "stored", document: first, existing: true };
}
