import type { ServerResponse } from "node:http";
import { drained, nextOrAbort } from "@millrace/grpc";

/** What is sent back. A body in pieces is pulled as fast as the caller reads. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | AsyncIterable<string | Uint8Array>;
  /** Read once the body has ended. */
  readonly trailers?: Iterable<readonly [name: string, value: string]>;
}

export interface SendOptions {
  /** Aborts when the caller has gone. */
  readonly gone: AbortSignal;
  /** Aborts when the call is to end. A body ends by itself then, and may say why in a last piece. */
  readonly signal: AbortSignal;
  /** Headers as for the whole answer, and no body: what HEAD asks for. */
  readonly headersOnly?: boolean;
}

/**
 * Sends an answer and ends the response. The status goes out with the first piece, so that a body
 * that fails before it can still become a problem: this throws, and nothing has been sent.
 */
export async function sendAnswer(
  response: ServerResponse,
  { status, headers, body, trailers }: HttpAnswer,
  { gone, signal, headersOnly = false }: SendOptions,
): Promise<void> {
  if (body === undefined || typeof body === "string") {
    // A 204 has no length, not even 0.
    const length = { "content-length": String(Buffer.byteLength(body ?? "")) };
    response.writeHead(status, status === 204 ? { ...headers } : { ...headers, ...length });
    response.end(headersOnly ? undefined : body);
    return;
  }
  const iterator = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await nextOrAbort(iterator, gone);
      if (!response.headersSent) response.writeHead(status, { ...headers });
      if (next.done === true || headersOnly) break;
      if (!response.write(next.value)) await drained(response, signal);
    }
  } finally {
    // After a normal end this does nothing; what a stopped source throws has nobody to hear it.
    iterator.return?.()?.catch(() => undefined);
  }
  if (trailers !== undefined) response.addTrailers(Object.fromEntries(trailers));
  response.end();
}
