import type { DocumentService } from "@millrace/proto/document-service";
import {
  type Handler,
  uploadContent,
  uploadHeader,
  uploadRefusal,
  withUploadDeadline,
} from "@millrace/runtime";
import type { Caller } from "../callers/caller.ts";
import { documentHeaderOf } from "../documents/document-header.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { documentMessage } from "../messages/document-message.ts";

export const uploadDocument =
  ({
    documents,
    uploads,
    uploadTimes,
    documentBytesPerKey,
    documentRetentionMs,
    clock,
  }: GatewayParts): Handler<typeof DocumentService.method.uploadDocument, Caller> =>
  async (requests, { identity }) => {
    using _ = uploads.enter(identity.keyId);
    const iterator = withUploadDeadline(requests[Symbol.asyncIterator](), uploadTimes, clock);
    // A refusal may come before the upload has ended. Whoever reads the rest of the request needs its source.
    await using _source = { [Symbol.asyncDispose]: async () => void (await iterator.return?.()) };
    const header = documentHeaderOf(await uploadHeader(iterator), clock.nowMs());
    const keyBytes = identity.maxStoredBytes ?? documentBytesPerKey;
    const outcome = await documents.put(identity.keyId, header, uploadContent(iterator), keyBytes);
    if (outcome.kind !== "stored") throw uploadRefusal(outcome);
    const { document, existing } = outcome;
    return { document: documentMessage(document, documentRetentionMs), existing };
  };
