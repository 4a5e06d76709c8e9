import type { DocumentService } from "@millrace/proto/document-service";
import { type Handler, timestampOf } from "@millrace/runtime";
import type { Caller } from "../callers/caller.ts";
import { addressesOf } from "../documents/addresses-of.ts";
import { ownDocument } from "../documents/own-document.ts";
import type { GatewayParts } from "../gateway-parts.ts";

export const createDownload =
  ({ documents }: GatewayParts): Handler<typeof DocumentService.method.createDownload, Caller> =>
  async ({ documentId }, { identity: { keyId } }) => {
    const addresses = addressesOf(documents, "download");
    const document = await ownDocument(documents, documentId, keyId);
    const { url, expiresAtMs } = await addresses.download(document);
    return { url, expireTime: timestampOf(expiresAtMs) };
  };
