import type { DocumentService } from "@millrace/proto/document-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../callers/caller.ts";
import { ownDocument } from "../documents/own-document.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { documentMessage } from "../messages/document-message.ts";

export const getDocument =
  ({
    documents,
    documentRetentionMs,
  }: GatewayParts): Handler<typeof DocumentService.method.getDocument, Caller> =>
  async ({ documentId }, { identity }) => ({
    document: documentMessage(
      await ownDocument(documents, documentId, identity.keyId),
      documentRetentionMs,
    ),
  });
