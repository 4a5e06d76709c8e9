import { type DescMethod, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import type { Metadata, ServerDuplexStream, sendUnaryData, UntypedHandleCall } from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";
import { assertBounded } from "./bounds/message-bounds.ts";
import type { AnyHandler, CallHeaders } from "./handlers.ts";
import { RpcFault, rpcError, toGrpcStatus } from "./rpc-fault.ts";
import { type CallSettings, runCall } from "./run-call.ts";
import { methodPath } from "./service-definition.ts";
import { messagesOf, writeAll } from "./stream-flow.ts";
import { assertValid } from "./validation.ts";

type Request = MessageShape<DescMethod["input"]>;
/** The widest of the four call shapes; which parts exist follows from the method's kind. */
type Call = ServerDuplexStream<Buffer, object> & { readonly request: Buffer };

const headersOf = (metadata: Metadata): CallHeaders => ({
  get(name) {
    const [value] = metadata.get(name);
    return typeof value === "string" ? value : undefined;
  },
});

/** Bytes to a message that keeps the proto's rules, or MALFORMED. */
function readRequest(method: DescMethod, bytes: Buffer, mostFields: number): Request {
  assertBounded(method.input, bytes, mostFields);
  let request: Request;
  try {
    request = fromBinary(method.input, bytes, { readUnknownFields: false });
  } catch (cause) {
    throw rpcError({ reason: "MALFORMED", message: "the request does not parse", cause });
  }
  assertValid(method.input, request);
  return request;
}

async function* readRequests(
  method: DescMethod,
  call: Call,
  { signal, mostFields }: { readonly signal: AbortSignal; readonly mostFields: number },
) {
  for await (const bytes of messagesOf<Buffer>(call, signal)) {
    yield readRequest(method, bytes, mostFields);
  }
}

/** A typed handler as grpc-js calls it. */
export function adaptHandler(
  method: DescMethod,
  handler: AnyHandler,
  settings: CallSettings,
  { messageFields: mostFields }: { readonly messageFields: number },
): UntypedHandleCall {
  const path = methodPath(method);
  const streamsIn =
    method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming";
  const streamsOut =
    method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming";

  const serve = async (call: Call, reply?: sendUnaryData<object>) => {
    const abort = new AbortController();
    const { signal } = abort;
    let done = false;
    call.on("cancelled", () => {
      if (!done) abort.abort(new RpcFault(status.CANCELLED, undefined, { message: "cancelled" }));
    });
    const headers = headersOf(call.metadata);
    const incoming = { protocol: "grpc", path, headers, peer: call.getPeer(), signal } as const;
    const fault = await runCall(settings, incoming, async (admit) => {
      const context = await admit();
      const request = streamsIn
        ? readRequests(method, call, { signal, mostFields })
        : readRequest(method, call.request, mostFields);
      if (streamsOut) {
        await writeAll(call, handler(request, context) as AsyncIterable<object>, signal);
        done = true;
        call.end();
      } else {
        const response = (await handler(request, context)) as object;
        done = true;
        reply?.(null, response);
      }
    });
    done = true;
    if (fault === undefined) return;
    if (streamsOut) call.emit("error", toGrpcStatus(fault));
    else reply?.(toGrpcStatus(fault));
  };
  return ((call: Call, reply?: sendUnaryData<object>) => {
    void serve(call, reply);
  }) as UntypedHandleCall;
}
