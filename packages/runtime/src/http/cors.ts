import type { IncomingMessage, ServerResponse } from "node:http";
import { cors as connectCors } from "@connectrpc/connect";

/** How long a browser may cache the answer to a preflight, in seconds. */
const MAX_AGE_SECONDS = 7_200;

const allowedMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].join(", ");
const allowedHeaders = [
  ...connectCors.allowedHeaders,
  ...["Authorization", "Idempotency-Key", "Prefer", "Last-Event-ID", "Content-Disposition"],
  ...["Traceparent", "Tracestate"],
].join(", ");
const exposedHeaders = [
  ...connectCors.exposedHeaders,
  ...["Location", "Retry-After", "Preference-Applied", "Content-Disposition"],
  ...["X-Request-Id", "X-Should-Retry", "Retry-After-Ms", "X-Millrace-Job-Id"],
].join(", ");

/**
 * Sets the CORS headers that tell browsers which pages may call: those of `origins`, or all with `*`. Callers send a key
 * that no browser sends by itself, so cookies are never allowed. Returns true if this was a preflight, which is then answered.
 */
export function answerCors(
  origins: ReadonlySet<string>,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const { origin } = request.headers;
  if (origins.size === 0) return false;
  response.setHeader("vary", "Origin");
  if (origin === undefined || !(origins.has("*") || origins.has(origin))) return false;
  response.setHeader("access-control-allow-origin", origins.has("*") ? "*" : origin);
  response.setHeader("access-control-expose-headers", exposedHeaders);
  const wanted = request.headers["access-control-request-method"];
  if (request.method !== "OPTIONS" || wanted === undefined) return false;
  response.writeHead(204, {
    "access-control-allow-methods": allowedMethods,
    "access-control-allow-headers": allowedHeaders,
    "access-control-max-age": String(MAX_AGE_SECONDS),
  });
  response.end();
  return true;
}
