import { create } from "@bufbuild/protobuf";
import type { LivingDocument } from "@millrace/documents";
import { type Document, DocumentSchema } from "@millrace/proto/document-service";
import { timestampOf } from "@millrace/runtime";
import { expiryOf } from "../documents/collector.ts";

/** A stored document as its owner sees it. `retentionMs` is the gateway's retention of documents. */
export const documentMessage = (document: LivingDocument, retentionMs: number): Document =>
  create(DocumentSchema, {
    id: document.id,
    name: document.name,
    contentType: document.contentType,
    size: BigInt(document.sizeBytes),
    sha256: document.sha256,
    createTime: timestampOf(document.createdAtMs),
    expireTime: timestampOf(expiryOf(document, retentionMs)),
    unreadable: document.unreadable?.problem ?? "",
  });
