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

/** Who uses a stream. */
export interface StreamUser {
  /** Whether there is anything to send, or to hear. */
  readonly isNeeded: boolean;
  /** There is another call: nothing has gone up on it. */
  opened(): void;
  /** Sends what there is to send. */
  pump(): void;
  received(response: SubmitStreamResponse): void;
  /** The call has ended. `untaken`: what the gateway has not answered, it has not taken. */
  cut(error: MillraceError, untaken: boolean): void;
  /** No call will do: the key is not valid (any more), or the client is closed. */
  failed(error: MillraceError): void;
  /** The call is not needed any more. */
  giveBack(call: Call): void;
}

const READY_MS = 5_000;
/** A stream that nobody needs is given back. */
const IDLE_MS = 10_000;

/**
 * One SubmitStream call that is opened when there is need, and again after each cut while there is. What
 * is to be sent in one turn of the event loop is sent together, and while the transport is behind more gathers.
 */
export class LastingStream {
  readonly #connection: Connection;
  readonly #user: StreamUser;
  #call: Call | undefined;
  #connecting = false;
  #behind = false;
  #scheduled = false;
  readonly #retries: Retries;
  /** The cut that the next call comes after. */
  #cutBy: MillraceError | undefined;
  #lastFailure: MillraceError | undefined;
  #idle: TimerHandle | undefined;

  constructor(connection: Connection, user: StreamUser) {
    this.#connection = connection;
    this.#user = user;
    this.#retries = new Retries(retryOptions(connection));
  }

  /** The transport has more than it can send: write no more until `pump` is called again. */
  get isBehind(): boolean {
    return this.#behind;
  }

  /** Why there is no call now; undefined while there is one. */
  get whyCut(): MillraceError | undefined {
    return this.#call === undefined ? (this.#lastFailure ?? unreachable()) : undefined;
  }

  /** Has `pump` called, once for all that ask in this turn. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  /** For `pump`. */
  write(message: MessageInitShape<typeof SubmitStreamRequestSchema>): void {
    if (this.#call?.write(create(SubmitStreamRequestSchema, message)) === false) {
      this.#behind = true;
    }
  }

  /** Another call in the place of this one, if there is need. */
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

  /** Opens the stream as soon as a gateway can be reached: what is written then was sent, and not before. */
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
    // Told again by its status; what it said before may still be on its way to "data".
    call.on("error", () => undefined);
    call.on("status", (said: StatusObject) => {
      status = said;
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
    // A gateway that says why it ends has answered all that it took.
    const untaken = error.reason !== undefined && error.reason !== "INTERNAL";
    if ((untaken && !error.retryable) || refusesAll.has(error.code)) {
      this.#user.failed(error);
      return;
    }
    this.#user.cut(error, untaken);
    if (this.#user.isNeeded) void this.#connect();
  }
}

/** Whoever answers so, with a reason of Millrace's or without, will not take another job either. */
const refusesAll: ReadonlySet<string> = new Set([
  "UNAUTHENTICATED",
  "PERMISSION_DENIED",
  "UNIMPLEMENTED",
]);

const unreachable = (): MillraceError =>
  new MillraceError({ code: "UNAVAILABLE", message: "no gateway can be reached" });
