import type { WorkerTls } from "../worker-options.ts";

/** How a stream failed, as gRPC reports it. The object can be sent between threads. */
export interface StreamError {
  readonly code: number;
  readonly details: string;
  readonly message: string;
}

export interface LinkEvents {
  /** Called with the bytes of a WorkResponse. */
  message(bytes: Uint8Array): void;
  /** Called for assignments that the stream thread has handed back because this thread was blocked. */
  handedBack(bytes: Uint8Array): void;
  /** Called once. No event follows. */
  ended(error: StreamError | undefined): void;
}

/** A stream of bytes that renews the leases that pass over it. */
export interface LinkStream {
  /** Sends a WorkRequest. The buffer is transferred and must not be used afterwards. */
  send(bytes: Uint8Array): void;
  cut(): void;
}

export interface OpenStream {
  readonly token: string | undefined;
  readonly tls: WorkerTls | undefined;
  /** The first message, a WorkRequest. */
  readonly hello: Uint8Array;
}

/** Opens a worker's streams, one after the other. */
export interface Link {
  open(stream: OpenStream, events: LinkEvents): LinkStream;
  close(): void;
}
