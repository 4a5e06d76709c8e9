import { create } from "@bufbuild/protobuf";
import type { DocumentStore, StoredDocument } from "@millrace/documents";
import { type Document, DocumentSchema } from "@millrace/proto/document-service";
import { rpcError, timestampOf } from "@millrace/runtime";
import type { KeyId } from "@millrace/shared";

export const documentMessage = (document: StoredDocument): Document =>
  create(DocumentSchema, {
    id: document.id,
    name: document.name,
    contentType: document.contentType,
    size: BigInt(document.sizeBytes),
    sha256: document.sha256,
    createTime: timestampOf(document.createdAtMs),
  });

/** Throws DOCUMENT_NOT_FOUND, for another key's document too. */
export async function ownDocument(store: DocumentStore, id: string, keyId: KeyId) {
  const document = await store.get(id, keyId);
  if (document !== undefined) return document;
  throw rpcError({ reason: "DOCUMENT_NOT_FOUND", message: `there is no document ${id}` });
}
