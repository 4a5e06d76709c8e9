import type { DocumentService } from "@millrace/proto/document-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../callers/caller.ts";
import { ownDocument } from "../documents/own-document.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { documentMessage } from "../messages/document-message.ts";

export const downloadDocument = ({
  documents,
  documentRetentionMs,
}: GatewayParts): Handler<typeof DocumentService.method.downloadDocument, Caller> =>
  async function* ({ documentId }, { identity }) {
    const document = await ownDocument(documents, documentId, identity.keyId);
    yield { part: { case: "document", value: documentMessage(document, documentRetentionMs) } };
    for await (const value of documents.read(document)) {
      yield { part: { case: "content", value: new Uint8Array(value) } };
    }
  };
