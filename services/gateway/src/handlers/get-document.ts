import type { DocumentService } from "@millrace/proto/document-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../caller.ts";
import { documentMessage, ownDocument } from "../document-message.ts";
import type { GatewayParts } from "../gateway-parts.ts";

export const getDocument =
  ({ documents }: GatewayParts): Handler<typeof DocumentService.method.getDocument, Caller> =>
  async ({ documentId }, { identity }) => ({
    document: documentMessage(await ownDocument(documents, documentId, identity.keyId)),
  });
