import { create } from "@bufbuild/protobuf";
import type { StoredDocument } from "@millrace/documents";
import { type Document, DocumentSchema } from "@millrace/proto/document-service";
import { timestampOf } from "@millrace/runtime";

/** A stored document as the workers of its job see it. */
export const documentMessage = (document: StoredDocument): Document =>
  create(DocumentSchema, {
    id: document.id,
    name: document.name,
    contentType: document.contentType,
    size: BigInt(document.sizeBytes),
    sha256: document.sha256,
    createTime: timestampOf(document.createdAtMs),
    ...(document.expiresAtMs === undefined
      ? {}
      : { expireTime: timestampOf(document.expiresAtMs) }),
    unreadable: document.unreadable?.problem ?? "",
  });
