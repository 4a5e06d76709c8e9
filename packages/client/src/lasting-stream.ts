import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { ClientDuplexStream, StatusObject } from "@grpc/grpc-js";
import {
  JobService,
  type SubmitStreamRequest,
  SubmitStreamRequestSchema,
  type SubmitStreamResponse,
} from "@millrace/proto/job-service";
import { Retries, type TimerHandle } from "@millrace/shared";
import type { Connection } from "./connection.ts";
import { errorOfCall, MillraceError } from "./millrace-error.ts";
import { retryOptions } from "./retrying.ts";

type Call = ClientDuplexStream<SubmitStreamRequest, SubmitStreamResponse>;

/** Sends and receives on a LastingStream. */
export interface StreamUser {
  /** Whether there is anything to send or to wait for. */
  readonly isNeeded: boolean;
  /** A new call is open. Nothing has been sent on it yet. */
  opened(): void;
  /** Sends what is waiting to be sent. */
  pump(): void;
  received(response: SubmitStreamResponse): void;
  /** The call has ended. If `untaken` is true, the gateway did not accept the messages that it has not answered. */
  cut(error: MillraceError, untaken: boolean): void;
  /** No further call can succeed: the key is no longer valid, or the client is closed. */
  failed(error: MillraceError): void;
  /** The call is no longer needed. */
  giveBack(call: Call): void;
}

const READY_MS = 5_000;
/** The client closes a stream that nobody has needed for this long. */
const IDLE_MS = 10_000;

/**
 * Keeps one SubmitStream call open while it is needed, and opens it again after each cut. Messages of one turn of
 * the event loop are sent together. While the transport is behind, more messages gather.
 */
export class LastingStream {
  readonly #connection: Connection;
  readonly #user: StreamUser;
  #call: Call | undefined;
  #connecting = false;
  #behind = false;
  #scheduled = false;
  readonly #retries: Retries;
  /** The failure that ended the last call. The next call waits for the backoff first. */
  #cutBy: MillraceError | undefined;
  #lastFailure: MillraceError | undefined;
  #idle: TimerHandle | undefined;

  constructor(connection: Connection, user: StreamUser) {
    this.#connection = connection;
    this.#user = user;
    this.#retries = new Retries(retryOptions(connection));
  }

  /** True if the transport has more than it can send. Write nothing more until `pump` is called again. */
  get isBehind(): boolean {
    return this.#behind;
  }

  /** Why there is no call now. Undefined while there is one. */
  get whyCut(): MillraceError | undefined {
    return this.#call === undefined
      ? (this.#lastFailure ?? this.#connection.unreachable())
      : undefined;
  }

  /** Schedules one call of `pump`, however many users ask in this turn of the event loop. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  /** Only `pump` calls this. */
  write(message: MessageInitShape<typeof SubmitStreamRequestSchema>): void {
    if (this.#call?.write(create(SubmitStreamRequestSchema, message)) === false) {
      this.#behind = true;
    }
  }

  /** Replaces the current call with a new one, if one is needed. */
  renew(): void {
    const call = this.#call;
    this.#call = undefined;
    call?.cancel();
    this.schedule();
  }

  close(): void {
    this.#idle?.cancel();
    this.#call?.cancel();
  }

  #pump(): void {
    this.#idle?.cancel();
    if (this.#call === undefined) {
      void this.#connect();
      return;
    }
    this.#user.pump();
    if (!this.#user.isNeeded) {
      this.#idle = this.#connection.clock.after(IDLE_MS, () => this.#giveBack());
    }
  }

  #giveBack(): void {
    const call = this.#call;
    if (this.#user.isNeeded || call === undefined) return;
    this.#call = undefined;
    this.#user.giveBack(call);
  }

  /** Opens the stream once a gateway can be reached. Only then may a written message count as sent. */
  async #connect(): Promise<void> {
    if (this.#connecting) return;
    this.#connecting = true;
    while (this.#user.isNeeded) {
      try {
        const cut = this.#cutBy;
        this.#cutBy = undefined;
        if (cut !== undefined) await this.#retries.failed(cut);
        await this.#connection.ready(this.#connection.clock.nowMs() + READY_MS);
        this.#call = this.#open();
        this.#user.opened();
        break;
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error;
        this.#lastFailure = error;
        if (this.#connection.closed.aborted) this.#user.failed(error);
      }
    }
    this.#connecting = false;
    if (this.#call !== undefined) this.#pump();
  }

  #open(): Call {
    const call = this.#connection.bidi(JobService.method.submitStream);
    this.#behind = false;
    let status: StatusObject | undefined;
    let drained = false;
    const onEnd = () => {
      if (status === undefined || !drained || this.#call !== call) return;
      this.#call = undefined;
      this.#cut(errorOfCall(Object.assign(new Error(status.details), status)));
    };
    call.on("data", (response: SubmitStreamResponse) => {
      this.#retries.progressed();
      this.#user.received(response);
    });
    call.on("drain", () => {
      if (this.#call !== call) return;
      this.#behind = false;
      this.#pump();
    });
    // The status event reports the failure again. Responses that came before may still be on their way to "data".
    call.on("error", () => undefined);
    call.on("status", (reported: StatusObject) => {
      status = reported;
      onEnd();
    });
    call.on("end", () => {
      drained = true;
      onEnd();
    });
    return call;
  }

  #cut(error: MillraceError): void {
    this.#cutBy = error;
    this.#lastFailure = error;
    // A gateway that ends the call with a reason has answered everything that it accepted.
    const untaken = error.reason !== undefined && error.reason !== "INTERNAL";
    if ((untaken && !error.retryable) || refusesAll.has(error.code)) {
      this.#user.failed(error);
      return;
    }
    this.#user.cut(error, untaken);
    if (this.#user.isNeeded) void this.#connect();
  }
}

/**
 * A gateway that answers with one of these codes will not accept another job either, with or without a Millrace
 * reason.
 */
const refusesAll: ReadonlySet<string> = new Set([
  "UNAUTHENTICATED",
  "PERMISSION_DENIED",
  "UNIMPLEMENTED",
]);
