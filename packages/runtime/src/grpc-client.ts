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
  credentials,
  type CallOptions as GrpcCallOptions,
  Metadata,
} from "@grpc/grpc-js";
import { systemClock } from "@millrace/shared";
import { injectTrace } from "@millrace/telemetry";
import { openBidi, openServerStream, sendClientStream, sendUnary } from "./client-calls.ts";
import type { Renewed } from "./renewed.ts";
import { grpcMethodDefinition } from "./service-definition.ts";

export interface CallOptions {
  /** Cancels the call when it aborts. */
  readonly signal?: AbortSignal;
  /** From now, in milliseconds; without it the call waits for ever. */
  readonly deadlineMs?: number;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface BidiCall<In, Out> {
  /** Resolves when the stream takes more; rejects with an RpcFault once the call has ended. */
  write(request: In): Promise<void>;
  /** Half-closes: no more requests, responses go on. */
  end(): void;
  /** For one reader. Throws an RpcFault if the call fails; leaving the loop cancels the call. */
  readonly responses: AsyncIterable<Out>;
  cancel(): void;
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
  /** Resolves when connected; rejects after `deadlineMs`. */
  ready(deadlineMs: number): Promise<void>;
  /** Ends the channel; calls under way go on. */
  close(): void;
}

export interface GrpcClientOptions {
  /** Plaintext unless given. */
  readonly credentials?: ChannelCredentials;
  /** Sent as `authorization: Bearer`, as it is at each call. */
  readonly token?: string | Renewed<string> | undefined;
  readonly channelOptions?: ChannelOptions;
}

/** A dead peer is found in 15 s, and found again 5 s after it is back (gRPC's own bound is two minutes); an address that resolves to several is spread over. */
const defaultChannelOptions: ChannelOptions = {
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 5_000,
  "grpc.keepalive_permit_without_calls": 1,
  "grpc.initial_reconnect_backoff_ms": 250,
  "grpc.max_reconnect_backoff_ms": 5_000,
  "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
};

/** A client of one service at one gRPC address (`host:port`, `dns:///host:port`). Connects on first use. */
export function grpcClient<Service extends DescService>(
  desc: Service,
  address: string,
  options: GrpcClientOptions = {},
): GrpcClient<Service> {
  const client = new Client(address, options.credentials ?? credentials.createInsecure(), {
    ...defaultChannelOptions,
    ...options.channelOptions,
  });

  const metadataOf = (call: CallOptions): Metadata => {
    const metadata = new Metadata();
    const token = typeof options.token === "object" ? options.token.current : options.token;
    if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
    for (const [key, value] of Object.entries(injectTrace())) metadata.set(key, value);
    for (const [key, value] of Object.entries(call.metadata ?? {})) metadata.set(key, value);
    return metadata;
  };
  const grpcOptionsOf = (call: CallOptions): GrpcCallOptions =>
    call.deadlineMs === undefined ? {} : { deadline: systemClock.nowMs() + call.deadlineMs };

  const bind = (method: DescMethod): unknown => {
    const definition = grpcMethodDefinition(method);
    const open = (call: CallOptions = {}) => ({
      client,
      definition,
      metadata: metadataOf(call),
      options: grpcOptionsOf(call),
      signal: call.signal,
    });
    switch (method.methodKind) {
      case "unary":
        return (request: object, call?: CallOptions) => sendUnary(open(call), request);
      case "client_streaming":
        return (requests: AsyncIterable<object>, call?: CallOptions) =>
          sendClientStream(open(call), requests);
      case "server_streaming":
        return (request: object, call?: CallOptions) => openServerStream(open(call), request);
      case "bidi_streaming":
        return (call?: CallOptions) => openBidi(open(call));
    }
  };

  return {
    rpc: Object.fromEntries(
      desc.methods.map((method) => [method.localName, bind(method)]),
    ) as GrpcClient<Service>["rpc"],
    ready: (deadlineMs) =>
      new Promise((resolve, reject) => {
        client.waitForReady(systemClock.nowMs() + deadlineMs, (error?: Error) =>
          error === undefined ? resolve() : reject(error),
        );
      }),
    close: () => client.close(),
  };
}
