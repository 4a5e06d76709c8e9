import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { type DocumentHeader, mediaTypeNamed } from "@millrace/documents";
import type { UploadDocumentHeader } from "@millrace/proto/document-service";
import { rpcError, timeMs } from "@millrace/runtime";

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

/** What a caller says of a document. Throws MALFORMED if it has expired already. */
export function documentHeaderOf(
  { name, contentType, expireTime }: UploadDocumentHeader,
  nowMs: number,
): DocumentHeader {
  const declared = mediaTypeNamed(contentType);
  return {
    name,
    ...(declared === undefined ? {} : { contentType: declared }),
    ...(expireTime === undefined ? {} : { expiresAtMs: expiryFrom(expireTime, nowMs) }),
  };
}
