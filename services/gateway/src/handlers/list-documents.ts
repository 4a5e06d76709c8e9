import type { DocumentService } from "@millrace/proto/document-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { isDocumentId } from "@millrace/shared";
import type { Caller } from "../callers/caller.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { documentMessage } from "../messages/document-message.ts";

const DEFAULT_PAGE = 50;

export const listDocuments =
  ({
    documents,
    documentRetentionMs,
  }: GatewayParts): Handler<typeof DocumentService.method.listDocuments, Caller> =>
  async ({ pageSize, pageToken }, { identity }) => {
    if (pageToken !== "" && !isDocumentId(pageToken)) {
      const description = "is not a token that ListDocuments returned";
      throw rpcError({
        reason: "MALFORMED",
        message: `page_token: ${description}`,
        violations: [{ field: "page_token", description }],
      });
    }
    const page = await documents.list(identity.keyId, pageSize || DEFAULT_PAGE, pageToken);
    return {
      documents: page.documents.map((document) => documentMessage(document, documentRetentionMs)),
      nextPageToken: page.nextPageToken ?? "",
    };
  };
