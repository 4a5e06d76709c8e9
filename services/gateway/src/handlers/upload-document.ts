import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { DocumentHeader, UploadRefusal } from "@millrace/documents";
import { mediaTypeNamed } from "@millrace/documents";
import type { DocumentService, UploadDocumentRequest } from "@millrace/proto/document-service";
import { type Handler, type RpcFault, rpcError, timeMs } from "@millrace/runtime";
import type { Caller } from "../callers/caller.ts";
import { withUploadDeadline } from "../documents/upload-deadline.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { documentMessage } from "../messages/document-message.ts";

/** The retry delay when the caller's documents take too many bytes. It is long, since someone has to delete documents. */
const FULL_RETRY_MS = 30_000;

const malformed = (message: string) => rpcError({ reason: "MALFORMED", message });

const incomplete = () =>
  malformed("the upload is incomplete: its last message must be the part `end`");

/** Throws unless the part "end" arrives: a cancelled stream ends like a complete one. */
async function* contentOf(requests: AsyncIterator<UploadDocumentRequest>) {
  for (;;) {
    const next = await requests.next();
    if (next.done === true) throw incomplete();
    const { part } = next.value;
    if (part.case === "end") return;
    if (part.case !== "content") throw malformed("only the first message may be the header");
    yield part.value;
  }
}

/** A time at which a document expires must be in the future. */
function expiryFrom(expireTime: Timestamp, nowMs: number): number {
  const expiresAtMs = timeMs(expireTime);
  if (expiresAtMs > nowMs) return expiresAtMs;
  const description = `is in the past (${new Date(expiresAtMs).toISOString()}): give a time in the future, or none`;
  throw rpcError({
    reason: "MALFORMED",
    message: `header.expire_time: ${description}`,
    violations: [{ field: "header.expire_time", description }],
  });
}

/** The fault that a refused upload is answered with. */
export function uploadRefusal(outcome: UploadRefusal): RpcFault {
  switch (outcome.kind) {
    case "empty":
      return rpcError({
        reason: "DOCUMENT_EMPTY",
        message: "the document is empty: upload at least one byte",
      });
    case "tooLarge": {
      const message = `the document is larger than the limit of ${outcome.limitBytes} bytes`;
      return rpcError({ reason: "TOO_LARGE", message });
    }
    case "keyFull":
      return rpcError({
        reason: "STORED_BYTES_FULL",
        message:
          `documents of this API key take ${outcome.storedBytes} bytes, not counting current uploads, ` +
          `and this document would exceed the limit (max_stored_bytes) of ${outcome.limitBytes} bytes: delete documents first`,
        metadata: { limit: String(outcome.limitBytes), stored: String(outcome.storedBytes) },
        retryDelayMs: FULL_RETRY_MS,
      });
    case "typeMismatch": {
      const message = `the document is declared as ${outcome.declared}, but its content is ${outcome.actual}: upload it with that type, or without any`;
      return rpcError({ reason: "DOCUMENT_TYPE_MISMATCH", message });
    }
  }
}

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
    const first = await iterator.next();
    if (first.done === true || first.value.part.case !== "header") {
      throw malformed("the first message must be the part `header`");
    }
    const { name, contentType, expireTime } = first.value.part.value;
    const declared = mediaTypeNamed(contentType);
    const header: DocumentHeader = {
      name,
      ...(declared === undefined ? {} : { contentType: declared }),
      ...(expireTime === undefined ? {} : { expiresAtMs: expiryFrom(expireTime, clock.nowMs()) }),
    };
    const keyBytes = identity.maxStoredBytes ?? documentBytesPerKey;
    const outcome = await documents.put(identity.keyId, header, contentOf(iterator), keyBytes);
    if (outcome.kind !== "stored") throw uploadRefusal(outcome);
    const { document, existing } = outcome;
    return { document: documentMessage(document, documentRetentionMs), existing };
  };
