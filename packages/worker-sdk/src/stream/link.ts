import { type ChannelCredentials, Client, credentials as channel } from "@grpc/grpc-js";
import type { WorkerTls } from "../worker-options.ts";
import { LeasedStream } from "./leased-stream.ts";

/** How a stream failed, as gRPC says it; an object that can go from thread to thread. */
export interface StreamError {
  readonly code: number;
  readonly details: string;
  readonly message: string;
}

export interface LinkEvents {
  /** A WorkResponse. */
  message(bytes: Uint8Array): void;
  /** Assignments that the stream thread has handed back, because this thread was blocked. */
  handedBack(bytes: Uint8Array): void;
  /** Called once; nothing comes afterwards. */
  ended(error: StreamError | undefined): void;
}

/** A stream of bytes that renews the leases that pass over it. */
export interface LinkStream {
  /** A WorkRequest. The bytes are gone afterwards. */
  send(bytes: Uint8Array): void;
  cut(): void;
}

export interface OpenStream {
  readonly token: string | undefined;
  readonly tls: WorkerTls | undefined;
  /** The first message, a WorkRequest. */
  readonly hello: Uint8Array;
}

/** Where a worker's streams go, one after the other. */
export interface Link {
  open(stream: OpenStream, events: LinkEvents): LinkStream;
  close(): void;
}

/** The channel that a worker's streams go over. */
function workClient(address: string, credentials: ChannelCredentials): Client {
  return new Client(address, credentials, {
    // Retry buffers keep every message of a long stream.
    "grpc.enable_retries": 0,
    "grpc.keepalive_time_ms": 10_000,
    "grpc.keepalive_timeout_ms": 5_000,
    "grpc.max_reconnect_backoff_ms": 5_000,
    "grpc.max_receive_message_length": 64 * 1024 * 1024,
  });
}

function credentialsOf(tls: WorkerTls | undefined): ChannelCredentials {
  if (tls === undefined) return channel.createInsecure();
  const buffer = (bytes: Uint8Array | undefined) =>
    bytes === undefined ? null : Buffer.from(bytes);
  return channel.createSsl(buffer(tls.ca), buffer(tls.key), buffer(tls.cert));
}

const sameTls = (one: WorkerTls | undefined, other: WorkerTls | undefined): boolean =>
  (["ca", "cert", "key"] as const).every(
    (part) => Buffer.compare(one?.[part] ?? Buffer.of(), other?.[part] ?? Buffer.of()) === 0,
  );

/** A link in the thread that calls. Certificates that were replaced are used from the next stream on. */
export class DirectLink implements Link {
  readonly #address: string;
  readonly #credentials: ChannelCredentials | undefined;
  #client: Client | undefined;
  #tls: WorkerTls | undefined;

  constructor(address: string, credentials?: ChannelCredentials) {
    this.#address = address;
    this.#credentials = credentials;
  }

  open({ token, tls, hello }: OpenStream, events: LinkEvents): LeasedStream {
    if (!sameTls(tls, this.#tls)) this.close();
    this.#tls = tls;
    this.#client ??= workClient(this.#address, this.#credentials ?? credentialsOf(tls));
    return new LeasedStream(this.#client, token, hello, events);
  }

  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }
}
