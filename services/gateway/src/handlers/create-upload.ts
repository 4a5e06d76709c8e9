import type { DocumentService } from "@millrace/proto/document-service";
import { type Handler, rpcError, timestampOf, uploadRefusal } from "@millrace/runtime";
import type { Caller } from "../callers/caller.ts";
import { addressesOf } from "../documents/addresses-of.ts";
import { documentHeaderOf } from "../documents/document-header.ts";
import type { GatewayParts } from "../gateway-parts.ts";

export const createUpload =
  ({
    documents,
    uploads,
    documentBytesPerKey,
    clock,
  }: GatewayParts): Handler<typeof DocumentService.method.createUpload, Caller> =>
  async ({ header, size, sha256 }, { identity: { keyId, maxStoredBytes } }) => {
    using _ = uploads.enter(keyId);
    const addresses = addressesOf(documents, "upload");
    if (header === undefined) throw rpcError({ reason: "MALFORMED", message: "header is missing" });
    const outcome = await addresses.begin(
      keyId,
      documentHeaderOf(header, clock.nowMs()),
      { sizeBytes: Number(size), sha256 },
      maxStoredBytes ?? documentBytesPerKey,
    );
    if (outcome.kind !== "begun") throw uploadRefusal(outcome);
    const { id, url, headers, expiresAtMs } = outcome.address;
    return { uploadId: id, url, headers, expireTime: timestampOf(expiresAtMs) };
  };
