import { S3Client } from "@aws-sdk/client-s3";
import { DEFAULT_S3_TIMEOUT_MS, type S3Place } from "./s3-place.ts";

/** How often the SDK sends a request before it gives up, with growing pauses. */
const ATTEMPTS = 4;
const CONNECT_MS = 3_000;
/** How many connections one service has to the server. */
const SOCKETS = 64;

/** Makes a client for a place, at its endpoint or the one that callers use. */
export function s3Client(
  { region, pathStyle, timeoutMs = DEFAULT_S3_TIMEOUT_MS, credentials, ...place }: S3Place,
  endpoint = place.endpoint,
): S3Client {
  return new S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
    forcePathStyle: pathStyle ?? endpoint !== undefined,
    // Not every server knows the checksums that Amazon's SDK adds. Hashes are verified here.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: Math.min(CONNECT_MS, timeoutMs),
      socketTimeout: timeoutMs,
      httpAgent: { maxSockets: SOCKETS },
      httpsAgent: { maxSockets: SOCKETS },
    },
  });
}
