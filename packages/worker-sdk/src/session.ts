import { create } from "@bufbuild/protobuf";
import { Client, type ClientDuplexStream, credentials, Metadata } from "@grpc/grpc-js";
import {
  type WorkRequest,
  WorkRequestSchema,
  type WorkResponse,
} from "@millrace/proto/worker-service";
import { workMethod } from "./grpc-work.ts";
import type { WorkerOptions } from "./worker-options.ts";

export interface SessionEvents {
  message(response: WorkResponse): void;
  /** The stream takes output again. */
  writable(): void;
  /** Called once; nothing comes afterwards. */
  ended(error: Error | undefined): void;
}

/** The channel that a worker's streams go over, one after the other. */
export const workClient = (
  options: Pick<WorkerOptions, "schedulerAddress" | "credentials">,
): Client =>
  new Client(options.schedulerAddress, options.credentials ?? credentials.createInsecure(), {
    // Retry buffers keep every message of a long stream.
    "grpc.enable_retries": 0,
    "grpc.keepalive_time_ms": 10_000,
    "grpc.keepalive_timeout_ms": 5_000,
    "grpc.max_reconnect_backoff_ms": 5_000,
    "grpc.max_receive_message_length": 64 * 1024 * 1024,
  });

/** One Work stream, from its first message to its end. */
export class Session {
  readonly #call: ClientDuplexStream<WorkRequest, WorkResponse>;
  #over = false;
  #full = false;

  constructor(client: Client, token: string | undefined, events: SessionEvents) {
    const metadata = new Metadata();
    if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
    const { path, requestSerialize, responseDeserialize } = workMethod;
    this.#call = client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      metadata,
    );
    const end = (error: Error | undefined) => {
      if (this.#over) return;
      this.#over = true;
      events.ended(error);
    };
    this.#call.on("data", (response: WorkResponse) => {
      if (!this.#over) events.message(response);
    });
    this.#call.on("drain", () => {
      this.#full = false;
      if (!this.#over) events.writable();
    });
    this.#call.on("error", (error: Error) => end(error));
    this.#call.on("status", () => end(undefined));
  }

  /** False while the transport is behind: hold output back until `writable`. */
  get takesOutput(): boolean {
    return !this.#over && !this.#full;
  }

  send(message: WorkRequest["message"]): void {
    if (this.#over) return;
    if (!this.#call.write(create(WorkRequestSchema, { message }))) this.#full = true;
  }

  cut(): void {
    this.#call.cancel();
  }
}
