import type { WorkerTls } from "../worker-options.ts";

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
