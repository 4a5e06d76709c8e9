import type { DocumentService } from "@millrace/proto/document-service";
import { type Handler, uploadContent, uploadHeader, withUploadDeadline } from "@millrace/runtime";
import type { Caller } from "../callers/caller.ts";
import { documentHeaderOf } from "../documents/document-header.ts";
import { putUpload } from "../documents/put-upload.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { documentMessage } from "../messages/document-message.ts";

export const uploadDocument =
  (parts: GatewayParts): Handler<typeof DocumentService.method.uploadDocument, Caller> =>
  async (requests, { identity }) => {
    const { uploads, uploadTimes, documentRetentionMs, clock } = parts;
    using _ = uploads.enter(identity.keyId);
    const iterator = withUploadDeadline(requests[Symbol.asyncIterator](), uploadTimes, clock);
    // A refusal may come before the upload has ended. Whoever reads the rest of the request needs its source.
    await using _source = { [Symbol.asyncDispose]: async () => void (await iterator.return?.()) };
    const header = documentHeaderOf(await uploadHeader(iterator), clock.nowMs());
    const stored = await putUpload(parts, identity, header, uploadContent(iterator));
    const { document, existing } = stored;
    return { document: documentMessage(document, documentRetentionMs), existing };
  };
