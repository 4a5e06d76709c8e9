import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodBiDiStreaming,
  type DescMethodClientStreaming,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import {
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  type ClientWritableStream,
  connectivityState,
  credentials,
  type CallOptions as GrpcOptions,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import { type Clock, type Random, systemClock, systemRandom } from "@millrace/shared";
import { context, propagation } from "@opentelemetry/api";
import type { CallOptions, ConnectOptions } from "./connect-options.ts";
import { cancelledError, closedError, errorOfCall, MillraceError } from "./millrace-error.ts";

const DEFAULT_DEADLINE_MS = 30_000;

/** A result may be 1 MiB long, and a page of the stream holds several. */
const RECEIVE_BYTES = 16 * 1024 * 1024;

/** A dead peer is found in 15 s. */
const channelOptions: ChannelOptions = {
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 5_000,
  "grpc.max_reconnect_backoff_ms": 5_000,
  "grpc.max_receive_message_length": RECEIVE_BYTES,
  "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
};

const encode =
  <Desc extends DescMessage>(desc: Desc) =>
  (message: MessageShape<Desc>): Buffer => {
    const bytes = toBinary(desc, message);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
const decode =
  <Desc extends DescMessage>(desc: Desc) =>
  (bytes: Buffer): MessageShape<Desc> =>
    fromBinary(desc, bytes);
const pathOf = (method: DescMethod) => `/${method.parent.typeName}/${method.name}`;

/** As ConnectOptions; without a key, calls say nothing of who makes them. */
export interface ConnectionOptions extends Omit<ConnectOptions, "apiKey"> {
  readonly apiKey?: string | undefined;
}

/** Calls to the gateways of one API key. Every failure is a MillraceError. */
export class Connection {
  readonly clock: Clock;
  readonly random: Random;
  readonly #clients: readonly Client[];
  readonly #authorization: string | undefined;
  readonly #deadlineMs: number;
  readonly #closed = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();
  #turn = 0;

  constructor({ address, apiKey, tls, deadlineMs, clock, random }: ConnectionOptions) {
    const addresses = typeof address === "string" ? [address] : address;
    if (addresses.length === 0) throw new RangeError("there is no address to connect to");
    const secure =
      tls === undefined
        ? credentials.createInsecure()
        : credentials.createSsl(tls.ca, tls.key, tls.cert);
    this.#clients = addresses.map((one) => new Client(one, secure, channelOptions));
    this.#authorization = apiKey === undefined ? undefined : `Bearer ${apiKey}`;
    this.#deadlineMs = deadlineMs ?? DEFAULT_DEADLINE_MS;
    this.clock = clock ?? systemClock;
    this.random = random ?? systemRandom;
  }

  /** When a call made now is to be over. */
  deadlineAtMs(options: CallOptions): number {
    return this.clock.nowMs() + (options.deadlineMs ?? this.#deadlineMs);
  }

  /** Counts a call until it is settled. */
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
    return this.underWay(
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(cancelledError(signal));
        const call = this.#next().makeUnaryRequest(
          pathOf(method),
          encode(method.input),
          decode(method.output),
          create(method.input, request),
          this.#metadata(),
          { deadline: deadlineAtMs },
          (error, response) => {
            forget();
            if (error !== null) reject(failureOf(error, signal));
            else if (response !== undefined) resolve(response);
          },
        );
        const forget = cancelOnAbort(call, signal);
      }),
    );
  }

  /** Leaving the loop cancels the call. */
  async *serverStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    { signal, deadlineMs }: CallOptions,
  ): AsyncGenerator<MessageShape<O>> {
    if (signal?.aborted) throw cancelledError(signal);
    const call = this.#next().makeServerStreamRequest(
      pathOf(method),
      encode(method.input),
      decode(method.output),
      create(method.input, request),
      this.#metadata(),
      this.#grpcOptions(deadlineMs),
    );
    // A failure is emitted once, and may come before the first read.
    let failure: MillraceError | undefined;
    call.on("error", (error: ServiceError) => {
      failure = this.closed.aborted ? closedError() : failureOf(error, signal);
    });
    const stop = signal === undefined ? this.closed : AbortSignal.any([signal, this.closed]);
    const forget = cancelOnAbort(call, stop);
    try {
      for await (const response of call) yield response as MessageShape<O>;
    } catch (error) {
      throw failure ?? error;
    } finally {
      forget();
      call.cancel();
    }
    if (failure !== undefined) throw failure;
  }

  clientStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodClientStreaming<I, O>,
    { signal, deadlineMs }: CallOptions,
  ): { call: ClientWritableStream<MessageShape<I>>; response: Promise<MessageShape<O>> } {
    const { promise, resolve, reject } = Promise.withResolvers<MessageShape<O>>();
    const call = this.#next().makeClientStreamRequest(
      pathOf(method),
      encode(method.input),
      decode(method.output),
      this.#metadata(),
      this.#grpcOptions(deadlineMs),
      (error, response) => {
        forget();
        if (error !== null) reject(failureOf(error, signal));
        else if (response !== undefined) resolve(response);
      },
    );
    const forget = cancelOnAbort(call, signal);
    return { call, response: promise };
  }

  bidi<I extends DescMessage, O extends DescMessage>(
    method: DescMethodBiDiStreaming<I, O>,
  ): ClientDuplexStream<MessageShape<I>, MessageShape<O>> {
    return this.#next().makeBidiStreamRequest(
      pathOf(method),
      encode(method.input),
      decode(method.output),
      this.#metadata(),
      {},
    );
  }

  /** Resolves once a gateway can be reached: what is sent then, and not before, may be lost on the way. */
  ready(deadlineAtMs: number): Promise<void> {
    return Promise.any(
      this.#clients.map(
        (client) =>
          new Promise<void>((resolve, reject) => {
            client.waitForReady(deadlineAtMs, (error) => (error ? reject(error) : resolve()));
          }),
      ),
    ).catch((cause: unknown) => {
      if (this.closed.aborted) throw closedError();
      const message = "no gateway can be reached";
      throw new MillraceError({ code: "UNAVAILABLE", message, cause });
    });
  }

  close(): void {
    this.#closed.abort();
    for (const client of this.#clients) client.close();
  }

  /** The next in turn, those that are known to be away left out while there are others. */
  #next(): Client {
    if (this.closed.aborted) throw closedError();
    const count = this.#clients.length;
    for (let tried = 0; tried < count; tried += 1) {
      this.#turn = (this.#turn + 1) % count;
      const client = this.#clients[this.#turn];
      const state = client?.getChannel().getConnectivityState(false);
      if (client !== undefined && state !== connectivityState.TRANSIENT_FAILURE) return client;
    }
    return this.#clients[this.#turn] as Client;
  }

  #metadata(): Metadata {
    const metadata = new Metadata();
    if (this.#authorization !== undefined) metadata.set("authorization", this.#authorization);
    propagation.inject(context.active(), metadata, {
      set: (carrier, key, value) => carrier.set(key, value),
    });
    return metadata;
  }

  #grpcOptions(deadlineMs: number | undefined): GrpcOptions {
    return deadlineMs === undefined ? {} : { deadline: this.clock.nowMs() + deadlineMs };
  }
}

const failureOf = (error: ServiceError, signal: AbortSignal | undefined): MillraceError =>
  signal?.aborted ? cancelledError(signal) : errorOfCall(error);

/** The returned function forgets the signal, which may outlive the call. */
function cancelOnAbort(call: { cancel(): void }, signal: AbortSignal | undefined): () => void {
  if (signal === undefined) return () => undefined;
  const cancel = () => call.cancel();
  if (signal.aborted) cancel();
  signal.addEventListener("abort", cancel, { once: true });
  return () => signal.removeEventListener("abort", cancel);
}
