import type { ServerResponse } from "node:http";
import { drained, nextOrAbort } from "@millrace/grpc";

/** An HTTP answer. A body in pieces is read only as fast as the caller reads it. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | AsyncIterable<string | Uint8Array>;
  /** Read after the body has ended. */
  readonly trailers?: Iterable<readonly [name: string, value: string]>;
}

export interface SendOptions {
  /** Aborts when the caller has disconnected. */
  readonly gone: AbortSignal;
  /** Aborts when the call must end. The body then ends by itself, and may tell the reason in its last piece. */
  readonly signal: AbortSignal;
  /** Sends the headers of the whole answer but no body, for HEAD. */
  readonly headersOnly?: boolean;
}

/**
 * Sends an answer and ends the response. The status is sent together with the first piece of the body. If the body fails
 * before, this throws and nothing has been sent, so that the error can still become a problem answer.
 */
export async function sendAnswer(
  response: ServerResponse,
  { status, headers, body, trailers }: HttpAnswer,
  { gone, signal, headersOnly = false }: SendOptions,
): Promise<void> {
  if (body === undefined || typeof body === "string") {
    // A 204 must not have a Content-Length, not even 0.
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
    // After a normal end this has no effect. After an abort nobody waits for the source, so its error is dropped.
    iterator.return?.()?.catch(() => undefined);
  }
  if (trailers !== undefined) response.addTrailers(Object.fromEntries(trailers));
  response.end();
}
