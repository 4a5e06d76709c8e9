import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { nextOrAbort } from "@millrace/grpc";
import { type Inflow, type InflowCall, SMALL_BYTES } from "../inflow/inflow.ts";
import { MessageFrames } from "../inflow/message-frames.ts";
import { type RpcFault, rpcError } from "../rpc-fault.ts";
import { cancelled } from "./request.ts";
import { askForBody, hasArrived, isAnswered } from "./rest-of-request.ts";

/**
 * How long a body takes memory. "whole": until the call ends. "messages": each message until the next one is wanted.
 * "pieces": not at all.
 */
export type BodyUse = "whole" | "messages" | "pieces";

/** A call over HTTP, from its headers to its end. */
export interface IncomingHttpCall {
  /** Aborts when nobody can receive the response any more. After the end of the response it has no meaning. */
  readonly gone: AbortSignal;
  /** Aborts then too, and when `end` is called. */
  readonly signal: AbortSignal;
  readonly end: (fault: RpcFault) => void;
  /** Names the caller, whose limits the bytes count against from now on. */
  admit(caller: string | undefined): void;
  /** Reports that one message of the body takes no memory any more. */
  consumed(): void;
  /**
   * The body in pieces, for one reader. A reader may leave early, which does not cut the connection. Throws if the body is
   * incomplete: a stream that its caller resets may end like a complete one.
   */
  body(use: BodyUse, messageBytes: number): AsyncGenerator<Buffer>;
}

export function incomingCall(
  request: IncomingMessage,
  response: ServerResponse,
  inflow: Inflow,
): IncomingHttpCall {
  const gone = new AbortController();
  const abort = new AbortController();
  const { signal } = abort;
  const end = (fault: RpcFault) => abort.abort(fault);
  const flow = hasArrived(request) ? undefined : openFlow(request, inflow, end);
  response.once("close", () => {
    flow?.close();
    if (isAnswered(response)) return;
    gone.abort(cancelled());
    abort.abort(gone.signal.reason);
  });
  return {
    ...{ gone: gone.signal, signal, end },
    admit: (caller) => flow?.admit(caller),
    consumed: () => flow?.consumed(),
    body: (use, messageBytes) => readBody(request, { signal, flow, use, messageBytes }),
  };
}

function openFlow(
  request: IncomingMessage,
  inflow: Inflow,
  end: (fault: RpcFault) => void,
): InflowCall {
  const { stream } = request as unknown as Partial<Http2ServerRequest>;
  const connection = stream?.session ?? request.socket;
  return inflow.open(connection, String(request.socket.remoteAddress), end);
}

interface Reading {
  readonly signal: AbortSignal;
  readonly flow: InflowCall | undefined;
  readonly use: BodyUse;
  readonly messageBytes: number;
}

async function* readBody(request: IncomingMessage, reading: Reading): AsyncGenerator<Buffer> {
  const gate = gateOf(request, reading);
  await gate.open();
  askForBody(request);
  let bytes = 0;
  const pieces = request.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  try {
    for (;;) {
      const next = await nextOrAbort(pieces, reading.signal).catch((error: unknown) => {
        throw reading.signal.aborted ? error : cut(error);
      });
      if (next.done === true) break;
      bytes += next.value.length;
      gate.push(next.value);
      yield next.value;
      await gate.open();
    }
  } finally {
    // The iterator would go on listening, and no other reader could read the rest.
    void pieces.return?.()?.catch(() => undefined);
  }
  const declared = request.headers["content-length"];
  if (request.aborted || (declared !== undefined && Number(declared) !== bytes)) throw cut();
  reading.flow?.finished();
  // From now on the handler's own limits bound what it builds from the body.
  if (reading.use === "whole") reading.flow?.consumed();
}

interface Gate {
  /** Resolves when the next piece may be read. */
  open(): Promise<void>;
  push(piece: Buffer): void;
}

function gateOf(request: IncomingMessage, { signal, flow, use, messageBytes }: Reading): Gate {
  let granted: Promise<void> | undefined;
  const begin = (bytes: number) => {
    const grant = Promise.withResolvers<void>();
    if (flow?.begin(bytes, grant.resolve) === false) granted = grant.promise;
  };
  const open = async () => {
    if (granted !== undefined) await resolvedOrAborted(granted, signal);
    granted = undefined;
  };
  if (use === "messages") {
    const frames = new MessageFrames({ onBegin: begin, onComplete: () => flow?.finished() });
    return { open, push: (piece) => frames.push(piece) };
  }
  if (use === "whole") {
    const declared = Number(request.headers["content-length"] ?? messageBytes);
    // A longer body is refused before it is buffered.
    begin(Math.min(declared, messageBytes + SMALL_BYTES));
    return { open, push: () => undefined };
  }
  return {
    async open() {
      flow?.consumed();
      flow?.begin(0, () => undefined);
    },
    push: () => flow?.finished(),
  };
}

function resolvedOrAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    void promise.then(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
  });
}

const cut = (cause?: unknown) =>
  rpcError({
    reason: "MALFORMED",
    message: "the request ended before all of it had arrived",
    cause,
  });
