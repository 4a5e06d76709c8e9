/**
 * An answer may be ready before its whole request has arrived: the body is too long, the key is wrong, or the path is
 * unknown. In HTTP/1.1 the rest of that request comes before the next one on the connection. A proxy gives the connection to
 * other callers, so it may be kept only if the rest is read. So a short rest is read after the answer, and a connection
 * with a longer rest is closed.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { Clock, TimerHandle } from "@millrace/shared";

/** The longest body whose rest is read so that its connection can be kept. */
export const KEPT_BODY_BYTES = 64 * 1024;
/**
 * How much of a longer rest is read before its connection is closed. Closing at once would reset the connection, and a caller
 * that is still sending would lose the answer: most clients send a whole file before they read. It is several times the
 * largest document that a gateway takes by default.
 */
export const LINGER_BYTES = 256 * 1024 * 1024;
/** How long the rest of a request on HTTP/1.1 is read after its answer. As long as nginx reads it (lingering_time). */
export const LINGER_MS = 30_000;
/** The same for HTTP/2, whose clients receive an answer while they send. */
export const STREAM_LINGER_MS = 5_000;

/** Requests whose callers wait for `100 Continue` before they send the body. */
const waitingForContinue = new WeakMap<IncomingMessage, ServerResponse>();

/** Registers a request with `Expect: 100-continue`. Its caller is told to continue when the body is wanted. */
export function continueWhenRead(request: IncomingMessage, response: ServerResponse): void {
  waitingForContinue.set(request, response);
}

/** Call this before a body is read: it tells a waiting caller to send it. */
export function askForBody(request: IncomingMessage): void {
  waitingForContinue.get(request)?.writeContinue();
  waitingForContinue.delete(request);
}

/** Responses that are complete although `end` waits until the rest of their request is read. */
const answered = new WeakSet<ServerResponse>();

export const isAnswered = (response: ServerResponse): boolean =>
  response.writableEnded || answered.has(response);

/** Call this for each request before anything is answered. */
export function guardConnection(
  request: IncomingMessage,
  response: ServerResponse,
  clock: Clock,
): void {
  if (request.httpVersionMajor === 2) guardStream(request, response as never, clock);
  else guardHttp1(request, response, clock);
}

/**
 * In HTTP/2 each request has its own stream, so no other request waits for its rest. The rest is read all the same: clients
 * take an early reset for a failure, and lose the answer.
 */
function guardStream(request: IncomingMessage, response: Http2ServerResponse, clock: Clock): void {
  const { stream } = response;
  // The response itself reports its end only when the stream has closed.
  stream.once("finish", () => {
    if (request.complete) return;
    const giveUp = () => stream.close(constants.NGHTTP2_NO_ERROR);
    readRest(request, clock.after.bind(clock, STREAM_LINGER_MS), giveUp);
  });
}

function guardHttp1(request: IncomingMessage, response: ServerResponse, clock: Clock): void {
  const { writeHead, end } = response;
  const late = clock.after.bind(clock, LINGER_MS);
  let keeps = true;
  response.writeHead = (...args: unknown[]) => {
    keeps = isKept(request);
    if (!keeps) response.setHeader("connection", "close");
    return writeHead.apply(response, args as never);
  };
  response.end = ((...args: unknown[]) => {
    if (hasArrived(request) || waitingForContinue.has(request)) {
      return end.apply(response, args as never);
    }
    if (keeps) {
      end.apply(response, args as never);
      readRest(request, late, () => request.socket.destroy());
      return response;
    }
    answered.add(response);
    const [last, encoding] = args;
    if (typeof last === "string" || last instanceof Uint8Array) {
      response.write(last, encoding as BufferEncoding);
    }
    const finish = () => end.apply(response, [] as never);
    readRest(request, late, finish, finish);
    return response;
  }) as ServerResponse["end"];
}

const endsWithHeaders = (request: IncomingMessage): boolean =>
  (request as unknown as Http2ServerRequest).stream.endAfterHeaders;

/** Whether a whole request has arrived. For a request without a body, Node knows that only a moment later. */
export function hasArrived(request: IncomingMessage): boolean {
  const { complete, headers } = request;
  if (request.httpVersionMajor === 2) return complete || endsWithHeaders(request);
  const { "content-length": length, "transfer-encoding": encoding } = headers;
  return complete || (length === undefined && encoding === undefined);
}

function isKept(request: IncomingMessage): boolean {
  if (hasArrived(request)) return true;
  if (waitingForContinue.has(request)) return false;
  const declared = request.headers["content-length"];
  return declared !== undefined && Number(declared) <= KEPT_BODY_BYTES;
}

/**
 * Reads the rest of a request and discards it. Calls `onEnd` when it is complete, and `onGiveUp` if it is too long or
 * too slow.
 */
function readRest(
  request: IncomingMessage,
  after: (run: () => void) => TimerHandle,
  onGiveUp: () => void,
  onEnd: () => void = () => undefined,
): void {
  let bytes = 0;
  const settle = (report: () => void) => {
    late.cancel();
    request.off("data", count).off("end", ended).off("close", ended);
    report();
  };
  const ended = () => settle(onEnd);
  const count = (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > LINGER_BYTES) settle(onGiveUp);
  };
  const late = after(() => settle(onGiveUp));
  request.on("data", count).on("end", ended).on("close", ended);
  request.resume();
}
