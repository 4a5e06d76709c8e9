import type { DocumentStore } from "@millrace/documents";
import { rpcError } from "@millrace/runtime";
import type { KeyId } from "@millrace/shared";

/** Returns the caller's document. Throws DOCUMENT_NOT_FOUND, also for a document of another key. */
export async function ownDocument(store: Pick<DocumentStore, "get">, id: string, keyId: KeyId) {
  const document = await store.get(id, keyId);
  if (document !== undefined) return document;
  throw documentNotFound(id);
}

export const documentNotFound = (id: string) =>
  rpcError({ reason: "DOCUMENT_NOT_FOUND", message: `there is no document ${id}` });
