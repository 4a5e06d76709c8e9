import { type DescMethod, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import {
  type Metadata,
  type ServerDuplexStream,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type sendUnaryData,
  status,
  type UntypedHandleCall,
} from "@grpc/grpc-js";
import { messagesOf, shapeOf, writeAll } from "@millrace/grpc";
import { assertBounded } from "./bounds/message-bounds.ts";
import { compressed, IDENTITY, takeGrpcEncoding } from "./compression.ts";
import type { AnyHandler, CallHeaders } from "./handlers.ts";
import { type GrpcInflow, streamOf, watchGrpcStream } from "./inflow/grpc-inflow.ts";
import type { Inflow } from "./inflow/inflow.ts";
import { answerBeforeReading, boundMessages, OpenCalls } from "./open-methods.ts";
import { createReadingPace } from "./reading-pace.ts";
import { RpcFault, rpcError, toGrpcStatus } from "./rpc-fault.ts";
import { type CallSettings, runCall } from "./run-call.ts";
import { assertValid } from "./validation.ts";

type Request = MessageShape<DescMethod["input"]>;
/** The widest of the four call shapes. The method's kind tells which parts exist. */
type Call = ServerDuplexStream<Buffer, object> & { readonly request: Buffer };
/** A call as grpc-js hands it over: when its message has arrived, or at once if the messages are a stream. */
interface Opened {
  readonly call: Call;
  readonly reply: sendUnaryData<object> | undefined;
}
export interface ServedMethod {
  readonly method: DescMethod;
  readonly handler: AnyHandler;
}

const headersOf = (metadata: Metadata): CallHeaders => ({
  get(name) {
    const [value] = metadata.get(name);
    return typeof value === "string" ? value : undefined;
  },
});

const cancelled = () => new RpcFault(status.CANCELLED, undefined, { message: "cancelled" });

/** Reads a message and checks the proto's rules. Throws MALFORMED. */
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

interface Reading {
  readonly signal: AbortSignal;
  readonly inflow: GrpcInflow;
  readonly mostFields: number;
}

async function* readRequests(
  method: DescMethod,
  call: Call,
  { signal, inflow, mostFields }: Reading,
) {
  const pace = createReadingPace();
  for await (const bytes of messagesOf<Buffer>(call, signal)) {
    await pace(bytes.length);
    yield readRequest(method, bytes, mostFields);
    inflow.call.consumed();
  }
}

/** Calls that are authenticated and wait to be opened. Both sides know the same Metadata object. */
const waiting = new WeakMap<Metadata, (opened: Opened) => void>();

/** The handler of every method as grpc-js sees it. The real handler runs in the interceptor. */
export const openCall = ((call: Call, reply?: sendUnaryData<object>) => {
  waiting.get(call.metadata)?.({ call, reply });
}) as UntypedHandleCall;

/**
 * Serves grpc-js calls from the arrival of their headers on. grpc-js itself calls a unary handler only when the whole
 * message has arrived. The interceptor authenticates the caller before any of the message is read.
 */
export function serveCalls(
  methods: ReadonlyMap<string, ServedMethod>,
  settings: CallSettings,
  { inflow, mostFields }: { readonly inflow: Inflow; readonly mostFields: number },
): ServerInterceptor {
  const openCalls = new OpenCalls(inflow.limits.healthCallsPerConnection);
  return ({ path, requestStream }, base) => {
    const abort = new AbortController();
    const end = (fault: RpcFault) => abort.abort(fault);
    const stream = streamOf(base);
    const watched = watchGrpcStream(inflow, stream, { streamsIn: requestStream, end });
    const encoding = takeGrpcEncoding(base);
    const served = methods.get(path);
    // Health and reflection need no authentication, so their messages are limited more tightly.
    if (served === undefined) boundMessages(base);
    let done = false;
    const call = new ServerInterceptingCall(base, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, read) {
            if (served === undefined) {
              const tooMany = openCalls.enter(stream);
              if (tooMany !== undefined) return end(tooMany);
              return encoding === IDENTITY ? read(metadata) : end(compressed(encoding));
            }
            const serving = {
              ...{ ...served, settings, mostFields, abort, watched, call, path, encoding },
            };
            void serveCall(serving, metadata, () => read(metadata)).finally(() => {
              done = true;
            });
          },
          onCancel() {
            if (!done) abort.abort(cancelled());
            // This also runs if grpc-js itself has ended the call, for example at its deadline.
            watched.ended();
          },
        }),
      sendStatus(sent, next) {
        done = true;
        next(sent);
      },
    });
    if (served === undefined) {
      answerBeforeReading(call);
      abort.signal.addEventListener("abort", () =>
        call.sendStatus(toGrpcStatus(abort.signal.reason as RpcFault)),
      );
    }
    return call;
  };
}

interface ServingCall extends ServedMethod {
  readonly settings: CallSettings;
  readonly mostFields: number;
  readonly abort: AbortController;
  readonly watched: GrpcInflow;
  readonly call: ServerInterceptingCallInterface;
  readonly path: string;
  readonly encoding: string;
}

/** Serves one call. `read` makes grpc-js read the request and open the call. */
async function serveCall(serving: ServingCall, metadata: Metadata, read: () => void) {
  const { method, handler, settings, mostFields, abort, watched, path } = serving;
  const { signal } = abort;
  const { streamsIn, streamsOut } = shapeOf(method);
  let opened: Opened | undefined;
  const incoming = {
    protocol: "grpc",
    path,
    headers: headersOf(metadata),
    peer: serving.call.getPeer(),
    signal,
    end: (fault: RpcFault) => abort.abort(fault),
  } as const;
  const fault = await runCall(settings, incoming, async (admit) => {
    const context = await admit();
    watched.call.admit(settings.callerOf(context.identity));
    if (serving.encoding !== IDENTITY) throw compressed(serving.encoding);
    const { call, reply } = await open(metadata, signal, read);
    opened = { call, reply };
    const request = streamsIn
      ? readRequests(method, call, { signal, inflow: watched, mostFields })
      : readRequest(method, call.request, mostFields);
    if (streamsOut) {
      await writeAll(call, handler(request, context) as AsyncIterable<object>, signal);
      call.end();
    } else {
      reply?.(null, (await handler(request, context)) as object);
    }
  });
  if (fault === undefined) return;
  const ending = toGrpcStatus(fault);
  if (opened === undefined) serving.call.sendStatus(ending);
  else if (streamsOut) opened.call.emit("error", ending);
  else opened.reply?.(ending);
}

function open(metadata: Metadata, signal: AbortSignal, read: () => void): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    waiting.set(metadata, (opened) => {
      signal.removeEventListener("abort", onAbort);
      resolve(opened);
    });
    read();
  });
}
