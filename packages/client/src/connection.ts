import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodBiDiStreaming,
  type DescMethodClientStreaming,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import {
  Client,
  type ClientDuplexStream,
  type CallOptions as GrpcOptions,
  type Metadata,
} from "@grpc/grpc-js";
import {
  callMetadata,
  channelCredentials,
  channelOptions,
  LastingClient,
  methodDefinition,
  type OpenCall,
  openDuplex,
  openServerStream,
  sendClientStream,
  sendUnary,
} from "@millrace/grpc";
import { type Clock, type Random, systemClock, systemRandom } from "@millrace/shared";
import { context, propagation } from "@opentelemetry/api";
import type { CallOptions, ConnectOptions } from "./connect-options.ts";
import { cancelledError, closedError, errorOfCall, MillraceError } from "./millrace-error.ts";

const DEFAULT_DEADLINE_MS = 60_000;

/** The options of ConnectOptions. Without a key, calls carry no credentials. */
export interface ConnectionOptions extends Omit<ConnectOptions, "apiKey"> {
  readonly apiKey?: string | undefined;
}

/** Makes calls to the gateways with one API key. Every failure is a MillraceError. */
export class Connection {
  readonly clock: Clock;
  readonly random: Random;
  readonly #addresses: readonly string[];
  readonly #clients: readonly LastingClient[];
  readonly #apiKey: string | undefined;
  readonly #deadlineMs: number;
  readonly #closed = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();
  #turn = 0;

  constructor({ address, apiKey, tls, deadlineMs, clock, random }: ConnectionOptions) {
    const addresses = typeof address === "string" ? [address] : address;
    if (addresses.length === 0)
      throw new RangeError("`address` is empty: name at least one host:port");
    this.#addresses = addresses;
    const secure = channelCredentials(tls);
    this.#apiKey = apiKey;
    this.#deadlineMs = deadlineMs ?? DEFAULT_DEADLINE_MS;
    this.clock = clock ?? systemClock;
    this.#clients = addresses.map(
      (one) =>
        new LastingClient({
          make: () => new Client(one, secure, channelOptions()),
          clock: this.clock,
        }),
    );
    this.random = random ?? systemRandom;
  }

  /** Returns the time at which a call that starts now must have ended. */
  deadlineAtMs(options: CallOptions): number {
    return this.clock.nowMs() + (options.deadlineMs ?? this.#deadlineMs);
  }

  /** Tracks a call until it is settled. `settled` waits for all tracked calls. */
  underWay<T>(call: Promise<T>): Promise<T> {
    const settle = () => void this.#underWay.delete(call);
    this.#underWay.add(call);
    call.then(settle, settle);
    return call;
  }

  /** Resolves once no call is under way. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  /** Aborts when the connection is closed. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    deadlineAtMs: number,
    signal?: AbortSignal,
  ): Promise<MessageShape<O>> {
    const call = this.#open(method, signal, { deadline: deadlineAtMs });
    const answer = sendUnary(call, create(method.input, request));
    return this.underWay(answer as Promise<MessageShape<O>>);
  }

  /** Leaving the loop cancels the call. */
  async *serverStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    { signal, deadlineMs }: CallOptions,
  ): AsyncGenerator<MessageShape<O>> {
    if (signal?.aborted) throw cancelledError(signal);
    const open = this.#open(method, signal, this.#grpcOptions(deadlineMs));
    const call: OpenCall = {
      ...open,
      signal: signal === undefined ? this.closed : AbortSignal.any([signal, this.closed]),
      failure: (error) => (this.closed.aborted ? closedError() : open.failure(error)),
    };
    const responses = openServerStream(call, create(method.input, request));
    yield* responses as AsyncGenerator<MessageShape<O>>;
  }

  clientStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodClientStreaming<I, O>,
    requests: AsyncIterable<MessageInitShape<I>>,
    { signal, deadlineMs }: CallOptions,
  ): Promise<MessageShape<O>> {
    const call = this.#open(method, signal, this.#grpcOptions(deadlineMs));
    return sendClientStream(call, requests as AsyncIterable<object>) as Promise<MessageShape<O>>;
  }

  bidi<I extends DescMessage, O extends DescMessage>(
    method: DescMethodBiDiStreaming<I, O>,
  ): ClientDuplexStream<MessageShape<I>, MessageShape<O>> {
    const call: unknown = openDuplex(this.#open(method, undefined, {}));
    return call as ClientDuplexStream<MessageShape<I>, MessageShape<O>>;
  }

  /** Resolves once the client is connected to a gateway. A message that is sent before that may be lost on the way. */
  ready(deadlineAtMs: number): Promise<void> {
    const all = this.#clients.map((client) => client.ready(deadlineAtMs));
    return Promise.any(all).catch((cause: unknown) => {
      if (this.closed.aborted) throw closedError();
      throw this.unreachable(cause);
    });
  }

  /** Makes the error for the case that no gateway can be reached. */
  unreachable(cause?: unknown): MillraceError {
    const message = `no gateway can be reached at ${this.#addresses.join(", ")}`;
    return new MillraceError({ code: "UNAVAILABLE", message, cause });
  }

  close(): void {
    this.#closed.abort();
    for (const client of this.#clients) client.close();
  }

  /** Picks the next client in round-robin order. It skips clients whose connection has failed, unless all have. */
  #next(): Client {
    if (this.closed.aborted) throw closedError();
    const count = this.#clients.length;
    for (let tried = 0; tried < count; tried += 1) {
      this.#turn = (this.#turn + 1) % count;
      const client = this.#clients[this.#turn];
      if (client?.hasFailed() === false) return client.current();
    }
    return (this.#clients[this.#turn] as LastingClient).current();
  }

  #open(method: DescMethod, signal: AbortSignal | undefined, options: GrpcOptions): OpenCall {
    return {
      client: this.#next(),
      definition: methodDefinition(method),
      metadata: this.#metadata(),
      ...{ options, signal },
      failure: (error) => (signal?.aborted ? cancelledError(signal) : errorOfCall(error)),
      cancelled: () => (signal === undefined ? closedError() : cancelledError(signal)),
    };
  }

  #metadata(): Metadata {
    const metadata = callMetadata(this.#apiKey);
    propagation.inject(context.active(), metadata, {
      set: (carrier, key, value) => carrier.set(key, value),
    });
    return metadata;
  }

  #grpcOptions(deadlineMs: number | undefined): GrpcOptions {
    return deadlineMs === undefined ? {} : { deadline: this.clock.nowMs() + deadlineMs };
  }
}
