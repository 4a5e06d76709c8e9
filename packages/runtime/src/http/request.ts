import type { IncomingMessage, ServerResponse } from "node:http";
import { status } from "@grpc/grpc-js";
import type { CallHeaders } from "../handlers.ts";
import { RpcFault, rpcError } from "../rpc-fault.ts";
import { askForBody, isAnswered } from "./rest-of-request.ts";

export const headersOf = ({ headers }: IncomingMessage): CallHeaders => ({
  get(name) {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  },
});

export const peerOf = ({ socket }: IncomingMessage): string =>
  `${socket.remoteAddress}:${socket.remotePort}`;

export const cancelled = (): RpcFault =>
  new RpcFault(status.CANCELLED, undefined, { message: "the caller has gone" });

/** Aborts once the response can reach nobody; after its end that means nothing any more. */
export function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => {
    if (!isAnswered(response)) gone.abort(cancelled());
  });
  return gone.signal;
}

const cut = (cause?: unknown) =>
  rpcError({ reason: "MALFORMED", message: "the request ended before all of it had come", cause });

/**
 * The body in pieces, for one reader, who may leave early without the connection being cut. Throws
 * unless all of it came: a stream that its caller resets may end like a complete one.
 */
export async function* bodyOf(request: IncomingMessage): AsyncGenerator<Buffer> {
  let bytes = 0;
  askForBody(request);
  const pieces = request.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  try {
    for (;;) {
      const next = await pieces.next().catch((error: unknown) => {
        throw cut(error);
      });
      if (next.done === true) break;
      bytes += next.value.length;
      yield next.value;
    }
  } finally {
    // It would keep listening, and the rest could not be read by another.
    void pieces.return?.()?.catch(() => undefined);
  }
  const declared = request.headers["content-length"];
  if (request.aborted || (declared !== undefined && Number(declared) !== bytes)) throw cut();
}
