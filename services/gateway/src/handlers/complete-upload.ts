import type { DocumentService } from "@millrace/proto/document-service";
import { type Handler, rpcError, uploadRefusal } from "@millrace/runtime";
import type { Caller } from "../callers/caller.ts";
import { addressesOf } from "../documents/addresses-of.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { documentMessage } from "../messages/document-message.ts";

export const completeUpload =
  ({
    documents,
    uploads,
    documentRetentionMs,
  }: GatewayParts): Handler<typeof DocumentService.method.completeUpload, Caller> =>
  async ({ uploadId }, { identity: { keyId } }) => {
    using _ = uploads.enter(keyId);
    const outcome = await addressesOf(documents, "upload").complete(keyId, uploadId);
    switch (outcome.kind) {
      case "stored":
        return {
          document: documentMessage(outcome.document, documentRetentionMs),
          existing: outcome.existing,
        };
      case "unknownUpload":
        throw rpcError({
          reason: "UPLOAD_NOT_FOUND",
          message: `there is no upload ${uploadId}, or its time is over: create another one`,
        });
      case "nothingSent":
        throw rpcError({
          reason: "UPLOAD_INCOMPLETE",
          message: `nothing was sent to the address of the upload ${uploadId}: send the content there with PUT, and complete the upload then`,
        });
      case "otherContent":
        throw rpcError({
          reason: "UPLOAD_DIFFERS",
          message: `what was sent to the address of the upload ${uploadId} has another size or hash than its creation named, and was deleted: send the right content, or create another upload`,
        });
      default:
        throw uploadRefusal(outcome);
    }
  };
