import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Clock } from "@millrace/shared";
import { answerText, KEPT_BYTES } from "./answer-text.ts";
import type { Connections } from "./connections.ts";

/** The size of an answer's head. */
const HEAD_BYTES = 16 * 1_024;
/** How many interim answers (1xx) may precede the answer. */
const MAX_INTERIM = 16;

export interface PostRequest {
  /** It was checked by the policy. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Aborting it ends the request, and `post` rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

export interface PostAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** The beginning of the body. Empty if it was compressed. */
  readonly text: string;
}

/** The answer did not arrive in time. */
export class PostTimeout extends Error {
  override readonly name = "PostTimeout";
}

export interface PostParts {
  readonly connections: Connections;
  readonly clock: Clock;
  /** From the beginning of the request to the end of the answer. */
  readonly timeoutMs: number;
}

/**
 * Sends a POST request, and reads the head of its answer and the beginning of the body. It follows no redirect, decompresses
 * nothing, and closes the connection of a longer answer. Once the head has arrived, the answer stands, even if its body never
 * ends. Rejects with PostTimeout, DestinationRefused, or the error of the connection.
 */
export async function post(request: PostRequest, parts: PostParts): Promise<PostAnswer> {
  const late = new PostTimeout("there was no answer in time");
  const ended = new AbortController();
  const timer = parts.clock.after(parts.timeoutMs, () => ended.abort(late));
  const stop = () => ended.abort(request.signal.reason);
  request.signal.addEventListener("abort", stop, { once: true });
  try {
    request.signal.throwIfAborted();
    return await sent(request, parts.connections, ended.signal);
  } finally {
    timer.cancel();
    request.signal.removeEventListener("abort", stop);
  }
}

/** Errors of a kept connection that the receiver has closed in the same moment. */
const CLOSED = new Set(["ECONNRESET", "EPIPE"]);

async function sent(
  request: PostRequest,
  connections: Connections,
  signal: AbortSignal,
): Promise<PostAnswer> {
  const first = open(request, connections, false);
  try {
    return await answerOf(first, request.body, signal);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!first.reusedSocket || !CLOSED.has(code)) throw error;
    signal.throwIfAborted();
    return answerOf(open(request, connections, true), request.body, signal);
  }
}

function open({ url, headers, body }: PostRequest, connections: Connections, fresh: boolean) {
  const request = url.protocol === "https:" ? httpsRequest : httpRequest;
  return request(url, {
    method: "POST",
    headers: {
      ...headers,
      "content-length": Buffer.byteLength(body),
      "accept-encoding": "identity",
    },
    agent: connections.agentFor(url, fresh),
    maxHeaderSize: HEAD_BYTES,
  });
}

function answerOf(request: ClientRequest, body: string, signal: AbortSignal): Promise<PostAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<PostAnswer>();
  const stop = () => request.destroy(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  let answered = false;
  let interim = 0;
  request.on("error", reject);
  request.on("close", () => {
    signal.removeEventListener("abort", stop);
    if (!answered) reject(new Error("the connection was closed"));
  });
  request.on("information", () => {
    interim += 1;
    if (interim > MAX_INTERIM) request.destroy(new Error("there were too many interim answers"));
  });
  request.on("upgrade", ({ statusCode = 0 }, socket) => {
    answered = true;
    socket.destroy();
    resolve({ status: statusCode, retryAfter: undefined, text: "" });
  });
  request.on("response", (answer) => {
    const { statusCode = 0, headers } = answer;
    // The answer stands, even if the connection breaks now.
    answered = true;
    request.off("error", reject).on("error", () => undefined);
    void bodyOf(answer).then((bytes) => {
      const text = answerText(bytes, headers["content-encoding"]);
      resolve({ status: statusCode, retryAfter: headers["retry-after"], text });
    });
  });
  request.end(body);
  return promise;
}

/** Reads the beginning of a body. It never rejects. If more follows, it closes the connection. */
function bodyOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve) => {
    const end = () => resolve(Buffer.concat(chunks).subarray(0, KEPT_BYTES));
    answer.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > KEPT_BYTES) answer.destroy();
    });
    // A body that breaks off does not change the answer.
    answer.on("error", end);
    answer.on("close", end);
  });
}
