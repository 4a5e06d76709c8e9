import "./message-streams.ts";
import type {
  DescMethod,
  DescMethodBiDiStreaming,
  DescMethodClientStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  type CallOptions as GrpcCallOptions,
  type Metadata,
  status,
} from "@grpc/grpc-js";
import {
  type BidiCall,
  callMetadata,
  channelCredentials,
  channelOptions,
  LastingClient,
  methodDefinition,
  type OpenCall,
  openBidi,
  openServerStream,
  sendClientStream,
  sendUnary,
} from "@millrace/grpc";
import { systemClock } from "@millrace/shared";
import {
  type CallEnd,
  injectTrace,
  type TracedCall,
  type TraceHeaders,
  traceClientCall,
} from "@millrace/telemetry";
import type { ReloadedValue } from "./reloaded-value.ts";
import { asRpcFault, fromGrpcError, RpcFault } from "./rpc-fault.ts";
import { isServerFault } from "./run-call.ts";

export type { BidiCall } from "@millrace/grpc";

export interface CallOptions {
  /** Cancels the call when it aborts. */
  readonly signal?: AbortSignal;
  /** The deadline, in milliseconds from now. Without one the call may wait forever. */
  readonly deadlineMs?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  /** The traces of what the call is about, besides that of its caller. Called only if the call is traced. */
  readonly links?: () => readonly TraceHeaders[];
}

export type ClientMethod<Method extends DescMethod> =
  Method extends DescMethodUnary<infer I, infer O>
    ? (request: MessageInitShape<I>, options?: CallOptions) => Promise<MessageShape<O>>
    : Method extends DescMethodClientStreaming<infer I, infer O>
      ? (
          requests: AsyncIterable<MessageInitShape<I>>,
          options?: CallOptions,
        ) => Promise<MessageShape<O>>
      : Method extends DescMethodServerStreaming<infer I, infer O>
        ? (request: MessageInitShape<I>, options?: CallOptions) => AsyncIterable<MessageShape<O>>
        : Method extends DescMethodBiDiStreaming<infer I, infer O>
          ? (options?: CallOptions) => BidiCall<MessageInitShape<I>, MessageShape<O>>
          : never;

export interface GrpcClient<Service extends DescService> {
  /** One function per method. Every failure is an RpcFault. */
  readonly rpc: {
    readonly [Name in keyof Service["method"]]: ClientMethod<Service["method"][Name]>;
  };
  /** Resolves when the client is connected. Rejects after `deadlineMs`. */
  ready(deadlineMs: number): Promise<void>;
  /** Closes the channel. Calls under way go on. */
  close(): void;
}

export interface GrpcClientOptions {
  /** Plaintext if left out. */
  readonly credentials?: ChannelCredentials;
  /** Sent as `authorization: Bearer`. Each call reads the current value. */
  readonly token?: string | ReloadedValue<string> | undefined;
  readonly channelOptions?: ChannelOptions;
}

/** How a call ended, for its span. A call that was cancelled, or refused for what it asked, did not fail. */
function callEnd(error: unknown): CallEnd {
  if (error === undefined) return { code: status[status.OK] };
  const fault = asRpcFault(error);
  const code = status[fault.code];
  if (!isServerFault(fault)) return { code };
  return { code, failure: { reason: fault.reason ?? code, message: fault.message } };
}

async function inCallSpan(traced: TracedCall, answer: Promise<object>): Promise<object> {
  try {
    const value = await answer;
    traced.end(callEnd(undefined));
    return value;
  } catch (error) {
    traced.end(callEnd(error));
    throw error;
  }
}

async function* inStreamSpan(
  traced: TracedCall,
  items: AsyncIterable<object>,
): AsyncGenerator<object> {
  let failure: unknown;
  try {
    yield* items;
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    traced.end(callEnd(failure));
  }
}

const cancelled = () => new RpcFault(status.CANCELLED, undefined, { message: "cancelled" });

/** Makes a client of one service at one gRPC address (`host:port`, `dns:///host:port`). It connects at its first call. */
export function grpcClient<Service extends DescService>(
  desc: Service,
  address: string,
  options: GrpcClientOptions = {},
): GrpcClient<Service> {
  const credentials = options.credentials ?? channelCredentials(undefined);
  const channel = { ...channelOptions({ pingsWhenIdle: true }), ...options.channelOptions };
  const client = new LastingClient({
    make: () => new Client(address, credentials, channel),
    clock: systemClock,
  });

  const metadataOf = (call: CallOptions, trace: TraceHeaders): Metadata => {
    const metadata = callMetadata(
      typeof options.token === "object" ? options.token.current : options.token,
    );
    for (const [key, value] of Object.entries(trace)) metadata.set(key, value);
    for (const [key, value] of Object.entries(call.metadata ?? {})) metadata.set(key, value);
    return metadata;
  };
  const grpcOptionsOf = (call: CallOptions): GrpcCallOptions =>
    call.deadlineMs === undefined ? {} : { deadline: systemClock.nowMs() + call.deadlineMs };

  const bind = (method: DescMethod): unknown => {
    const definition = methodDefinition(method);
    const open = (call: CallOptions, trace: TraceHeaders): OpenCall => ({
      client: client.current(),
      definition,
      metadata: metadataOf(call, trace),
      options: grpcOptionsOf(call),
      signal: call.signal,
      failure: fromGrpcError,
      cancelled,
    });
    const start = ({ links }: CallOptions) =>
      traceClientCall({ path: definition.path, address, links });
    switch (method.methodKind) {
      case "unary":
        return (request: object, call: CallOptions = {}) => {
          const traced = start(call);
          return inCallSpan(traced, sendUnary(open(call, traced.headers), request));
        };
      case "client_streaming":
        return (requests: AsyncIterable<object>, call: CallOptions = {}) => {
          const traced = start(call);
          return inCallSpan(traced, sendClientStream(open(call, traced.headers), requests));
        };
      case "server_streaming":
        return (request: object, call: CallOptions = {}) => {
          const traced = start(call);
          return inStreamSpan(traced, openServerStream(open(call, traced.headers), request));
        };
      // It lasts as long as its client, and serves many callers.
      case "bidi_streaming":
        return (call: CallOptions = {}) => openBidi(open(call, injectTrace()));
    }
  };

  return {
    rpc: Object.fromEntries(
      desc.methods.map((method) => [method.localName, bind(method)]),
    ) as GrpcClient<Service>["rpc"],
    ready: (deadlineMs) => client.ready(systemClock.nowMs() + deadlineMs),
    close: () => client.close(),
  };
}
