import { type ServerResponse, STATUS_CODES } from "node:http";
import { constants, type Http2ServerResponse } from "node:http2";
import { IDENTITY } from "../compression.ts";
import { httpStatusOf, type RpcFault } from "../rpc-fault.ts";
import type { HttpAnswer } from "./answer.ts";
import { isAnswered } from "./rest-of-request.ts";

/** What a fault without a reason is called where HTTP knows no phrase for it. */
const UNNAMED = "Error";

const secondsOf = (delayMs: number): number => Math.max(1, Math.ceil(delayMs / 1_000));

/** A fault as RFC 9457 says it: `detail` is for people, `reason` for programs. */
export function problemOf(fault: RpcFault): HttpAnswer {
  const status = httpStatusOf(fault);
  const { reason, message, violations, metadata, retryDelayMs } = fault;
  const retryAfter = retryDelayMs === undefined ? undefined : secondsOf(retryDelayMs);
  const problem = {
    title: STATUS_CODES[status] ?? UNNAMED,
    status,
    detail: message,
    ...(reason === undefined ? {} : { reason }),
    ...(violations.length === 0 ? {} : { violations }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
  };
  return {
    status,
    headers: {
      "content-type": "application/problem+json",
      ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
      ...(reason === "COMPRESSED" ? { "accept-encoding": IDENTITY } : {}),
      ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
    },
    body: JSON.stringify(problem),
  };
}

/** Ends a response with a fault: as a problem, or, where an answer has begun, by cutting it. */
export function sendFault(response: ServerResponse, fault: RpcFault): void {
  if (isAnswered(response) || response.destroyed) return;
  if (response.headersSent) {
    // At once, it would take with it what was written just before, such as why an answer ends.
    setImmediate(() => cut(response));
    return;
  }
  const { status, headers, body } = problemOf(fault);
  const text = String(body);
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(text) });
  response.end(text);
}

/** Ends an answer so that its caller knows that it is not complete. */
function cut(response: ServerResponse): void {
  const { stream } = response as unknown as Partial<Http2ServerResponse>;
  if (stream === undefined) response.destroy();
  // Destroyed, the stream would be reset with NO_ERROR, which clients take for a good end.
  else stream.close(constants.NGHTTP2_INTERNAL_ERROR);
}
