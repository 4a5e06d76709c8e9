import { type DescMethod, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import type { Metadata, ServerDuplexStream, sendUnaryData, UntypedHandleCall } from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";
import type { CallContext, CallHeaders } from "./handlers.ts";
import { asRpcFault, RpcFault, rpcError, toGrpcStatus } from "./rpc-fault.ts";
import { methodPath } from "./service-definition.ts";
import { nextOrAbort, writeAll } from "./stream-flow.ts";
import { assertValid } from "./validation.ts";

type Request = MessageShape<DescMethod["input"]>;
type AnyHandler = (request: unknown, context: CallContext<unknown>) => unknown;
/** The widest of the four call shapes; which parts exist follows from the method's kind. */
type Call = ServerDuplexStream<Buffer, object> & { readonly request: Buffer };

export interface FinishedCall {
  readonly path: string;
  readonly code: status;
  readonly durationMs: number;
}

export interface AdapterOptions {
  readonly authenticate: (headers: CallHeaders, path: string) => Promise<unknown>;
  readonly draining: AbortSignal;
  readonly nowMs: () => number;
  /** Called once for each call whose handler threw something other than a fault. */
  readonly onBug: (error: unknown, path: string) => void;
  readonly onFinished: (call: FinishedCall) => void;
  readonly run: <T>(path: string, headers: CallHeaders, body: () => Promise<T>) => Promise<T>;
}

const headersOf = (metadata: Metadata): CallHeaders => ({
  get(name) {
    const [value] = metadata.get(name);
    return typeof value === "string" ? value : undefined;
  },
});

/** Bytes to a message that keeps the proto's rules, or MALFORMED. */
function readRequest(method: DescMethod, bytes: Buffer): Request {
  let request: Request;
  try {
    request = fromBinary(method.input, bytes);
  } catch (cause) {
    throw rpcError({ reason: "MALFORMED", message: "the request does not parse", cause });
  }
  assertValid(method.input, request);
  return request;
}

async function* readRequests(method: DescMethod, call: Call, signal: AbortSignal) {
  // The default iterator would destroy the duplex, and with it our replies, on an early `return`.
  const incoming = call.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  for (;;) {
    const next = await nextOrAbort(incoming, signal);
    if (next.done === true) return;
    yield readRequest(method, next.value);
  }
}

/** A typed handler as grpc-js calls it. */
export function adaptHandler(
  method: DescMethod,
  handler: AnyHandler,
  options: AdapterOptions,
): UntypedHandleCall {
  const path = methodPath(method);
  const streamsIn =
    method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming";
  const streamsOut =
    method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming";

  const serve = async (call: Call, reply?: sendUnaryData<object>) => {
    const startedAtMs = options.nowMs();
    const headers = headersOf(call.metadata);
    const abort = new AbortController();
    let done = false;
    const onCancelled = () => {
      if (!done) abort.abort(new RpcFault(status.CANCELLED, undefined, { message: "cancelled" }));
    };
    call.on("cancelled", onCancelled);
    let code = status.OK;
    try {
      await options.run(path, headers, async () => {
        const context: CallContext<unknown> = {
          headers,
          signal: abort.signal,
          draining: options.draining,
          peer: call.getPeer(),
          path,
          identity: await options.authenticate(headers, path),
        };
        const request = streamsIn
          ? readRequests(method, call, abort.signal)
          : readRequest(method, call.request);
        if (streamsOut) {
          await writeAll(call, handler(request, context) as AsyncIterable<object>, abort.signal);
          done = true;
          call.end();
        } else {
          const response = (await handler(request, context)) as object;
          done = true;
          reply?.(null, response);
        }
      });
    } catch (error) {
      done = true;
      const fault = asRpcFault(error);
      code = fault.code;
      if (fault !== error && !abort.signal.aborted) options.onBug(error, path);
      if (streamsOut) call.emit("error", toGrpcStatus(fault));
      else reply?.(toGrpcStatus(fault));
    }
    options.onFinished({ path, code, durationMs: options.nowMs() - startedAtMs });
  };
  return ((call: Call, reply?: sendUnaryData<object>) => {
    void serve(call, reply);
  }) as UntypedHandleCall;
}
