import { create } from "@bufbuild/protobuf";
import type { ClientDuplexStream, StatusObject } from "@grpc/grpc-js";
import type { Job as JobMessage, JobSpec } from "@millrace/proto/job";
import {
  JobService,
  type SubmitResult,
  SubmitStreamItemSchema,
  type SubmitStreamRequest,
  SubmitStreamRequestSchema,
  type SubmitStreamResponse,
} from "@millrace/proto/job-service";
import { groupLength, groups, limits, type TimerHandle } from "@millrace/shared";
import type { Connection } from "./connection.ts";
import { closedError, errorOfCall, errorOfStatus, MillraceError } from "./millrace-error.ts";
import { pauseAfter } from "./retrying.ts";

/** A job that is stored: nothing but its retention's end takes it away. */
export interface Submitted {
  readonly jobId: string;
  /** It was there already, by its idempotency key. */
  readonly existing: boolean;
}

export type SubmitOutcome =
  | ({ readonly kind: "accepted" } & Submitted)
  /** Refused, or not known to be submitted: the error says which. */
  | { readonly kind: "failed"; readonly error: MillraceError };

/** One job on its way. */
export interface Submission {
  readonly spec: JobSpec;
  /** About what it takes in a message, and more rather than less. */
  readonly bytes: number;
  readonly untilMs: number;
  /** Called once; true from then on. */
  settle(outcome: SubmitOutcome): void;
  readonly settled: boolean;
}

export interface SubmitStreamEvents {
  finished(job: JobMessage): void;
  gone(jobId: string): void;
  /** The stream cannot go on: the key is not valid (any more), or the client is closed. */
  failed(error: MillraceError): void;
  /** Jobs whose end is to be told, asked for again after a cut. */
  awaited(): Iterable<string>;
}

type Call = ClientDuplexStream<SubmitStreamRequest, SubmitStreamResponse>;

/** Jobs without an answer. More wait here: the gateway would only let them wait there. */
const MAX_UNANSWERED = 4_000;
const messageLimits = {
  maxItems: limits.jobsPerSubmit,
  maxWeight: limits.messageBytes,
  weigh: ({ bytes }: Submission) => bytes,
};
const idLimits = { maxItems: limits.jobsPerSubmit, maxWeight: 1, weigh: () => 0 };
const READY_MS = 5_000;
/** A stream that nobody needs is given back. */
const IDLE_MS = 10_000;

/**
 * Submissions of all callers on one SubmitStream, opened when there is one. What is added in one turn
 * of the event loop goes up together, and while the transport is behind more gathers. After a cut
 * a job without an answer is sent again where that is safe: if it has an idempotency key, or if the
 * gateway said that it took no more. Otherwise it fails with ANSWER_LOST.
 */
export class SubmitStream {
  readonly #connection: Connection;
  readonly #events: SubmitStreamEvents | undefined;
  #waiting: Submission[] = [];
  readonly #unanswered = new Map<number, Submission>();
  #toWatch: string[] = [];
  #sequence = 0;
  #call: Call | undefined;
  #connecting = false;
  #full = false;
  #scheduled = false;
  #failures = 0;
  #lastFailure: MillraceError | undefined;
  #sweep: { readonly atMs: number; readonly timer: TimerHandle } | undefined;
  #idle: TimerHandle | undefined;
  readonly #onIdle: (() => void)[] = [];

  /** With `events`, the end of each job is told. */
  constructor(connection: Connection, events?: SubmitStreamEvents) {
    this.#connection = connection;
    this.#events = events;
  }

  add(submissions: readonly Submission[]): void {
    for (const one of submissions) {
      if (one.bytes > limits.messageBytes) {
        // It would end the stream, and with it all others.
        one.settle({ kind: "failed", error: tooLarge() });
        continue;
      }
      this.#waiting.push(one);
      this.#sweepAt(one.untilMs);
    }
    this.#schedule();
  }

  watch(jobId: string): void {
    this.#toWatch.push(jobId);
    this.#schedule();
  }

  /** Resolves once every submission has been settled. */
  async settled(): Promise<void> {
    while (this.#hasSubmissions) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  /** Ends the stream; what is not settled fails. */
  close(): void {
    this.#idle?.cancel();
    this.#sweep?.timer.cancel();
    this.#failAll(closedError());
    this.#call?.cancel();
  }

  get #hasSubmissions(): boolean {
    return this.#waiting.length + this.#unanswered.size > 0;
  }

  get #isNeeded(): boolean {
    if (this.#hasSubmissions || this.#toWatch.length > 0) return true;
    for (const _ of this.#events?.awaited() ?? []) return true;
    return false;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    this.#idle?.cancel();
    const call = this.#call;
    if (call === undefined) {
      void this.#connect();
      return;
    }
    for (const ids of groups(this.#toWatch.splice(0), idLimits)) {
      this.#write(call, { notifyJobIds: [...ids] });
    }
    while (!this.#full && this.#waiting.length > 0 && this.#unanswered.size < MAX_UNANSWERED) {
      const group = this.#waiting.splice(0, groupLength(this.#waiting, 0, messageLimits));
      const open = group.filter(({ settled }) => !settled);
      const items = open.map((submission) => {
        this.#sequence += 1;
        this.#unanswered.set(this.#sequence, submission);
        const sequence = BigInt(this.#sequence);
        return create(SubmitStreamItemSchema, { sequence, job: submission.spec });
      });
      if (items.length > 0) this.#write(call, { items });
    }
    if (!this.#isNeeded) {
      this.#idle = this.#connection.clock.after(IDLE_MS, () => this.#giveBack());
    }
  }

  #write(call: Call, message: { items?: SubmitStreamRequest["items"]; notifyJobIds?: string[] }) {
    const notifyFinished = this.#events !== undefined;
    if (!call.write(create(SubmitStreamRequestSchema, { ...message, notifyFinished }))) {
      this.#full = true;
    }
  }

  #giveBack(): void {
    const call = this.#call;
    if (this.#isNeeded || call === undefined) return;
    this.#call = undefined;
    // The gateway may still wait for jobs that nobody here does.
    if (this.#events === undefined) call.end();
    else call.cancel();
  }

  /** Opens the stream as soon as a gateway can be reached: what is written then was sent, and not before. */
  async #connect(): Promise<void> {
    if (this.#connecting) return;
    this.#connecting = true;
    while (this.#isNeeded) {
      try {
        if (this.#failures > 0) {
          const cut = this.#lastFailure ?? unreachable();
          await pauseAfter(this.#connection, this.#failures, cut);
        }
        await this.#connection.ready(this.#connection.clock.nowMs() + READY_MS);
        this.#toWatch = [...(this.#events?.awaited() ?? [])];
        this.#call = this.#open();
        break;
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error;
        this.#lastFailure = error;
        if (this.#connection.closed.aborted) this.#failAll(error);
      }
    }
    this.#connecting = false;
    if (this.#call !== undefined) this.#pump();
  }

  #open(): Call {
    const call = this.#connection.bidi(JobService.method.submitStream);
    this.#full = false;
    let status: StatusObject | undefined;
    let drained = false;
    const onEnd = () => {
      if (status === undefined || !drained || this.#call !== call) return;
      this.#call = undefined;
      this.#lost(errorOfCall(Object.assign(new Error(status.details), status)));
    };
    call.on("data", (response: SubmitStreamResponse) => {
      this.#failures = 0;
      this.#take(response);
    });
    call.on("drain", () => {
      this.#full = false;
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

  #take({ results, finished, goneJobIds }: SubmitStreamResponse): void {
    for (const { sequence, result } of results) {
      const submission = this.#unanswered.get(Number(sequence));
      this.#unanswered.delete(Number(sequence));
      if (submission !== undefined && result !== undefined) this.#answer(submission, result);
    }
    for (const job of finished) this.#events?.finished(job);
    for (const id of goneJobIds) this.#events?.gone(id);
    this.#schedule();
    this.#tellSettled();
  }

  #answer(submission: Submission, { result, existing }: SubmitResult): void {
    if (result.case === "jobId") {
      submission.settle({ kind: "accepted", jobId: result.value, existing });
      return;
    }
    const error =
      result.case === "error"
        ? errorOfStatus(result.value)
        : new MillraceError({ code: "INTERNAL", message: "the gateway sent neither id nor error" });
    if (error.code !== "UNAVAILABLE") submission.settle({ kind: "failed", error });
    else if (isSafeToRepeat(submission)) this.#waiting.push(submission);
    else submission.settle({ kind: "failed", error: unknown(error) });
  }

  #lost(error: MillraceError): void {
    this.#failures += 1;
    this.#lastFailure = error;
    // A gateway that says why it ends has answered all that it took.
    const untaken = error.reason !== undefined && error.reason !== "INTERNAL";
    if ((untaken && !error.retryable) || refusesAll.has(error.code)) {
      this.#failAll(error);
      return;
    }
    const unanswered = [...this.#unanswered.values()];
    this.#unanswered.clear();
    const again = unanswered.filter((one) => untaken || isSafeToRepeat(one));
    this.#waiting = [...again, ...this.#waiting];
    for (const one of unanswered) {
      if (!untaken && !isSafeToRepeat(one)) {
        one.settle({ kind: "failed", error: lost(error) });
      }
    }
    this.#tellSettled();
    if (this.#isNeeded) void this.#connect();
  }

  #failAll(error: MillraceError): void {
    const open = [...this.#unanswered.values(), ...this.#waiting];
    this.#unanswered.clear();
    this.#waiting = [];
    this.#toWatch = [];
    for (const one of open) one.settle({ kind: "failed", error });
    this.#events?.failed(error);
    this.#tellSettled();
  }

  #tellSettled(): void {
    if (this.#hasSubmissions) return;
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  /** One timer for all deadlines, at the earliest. */
  #sweepAt(atMs: number): void {
    if (this.#sweep !== undefined && this.#sweep.atMs <= atMs) return;
    this.#sweep?.timer.cancel();
    const { clock } = this.#connection;
    const timer = clock.after(atMs - clock.nowMs(), () => this.#expire());
    this.#sweep = { atMs, timer };
  }

  #expire(): void {
    this.#sweep = undefined;
    const nowMs = this.#connection.clock.nowMs();
    const why = this.#call === undefined ? (this.#lastFailure ?? unreachable()) : undefined;
    for (const one of this.#waiting) {
      if (one.untilMs <= nowMs) one.settle({ kind: "failed", error: notSent(why) });
    }
    this.#waiting = this.#waiting.filter(({ settled }) => !settled);
    for (const [sequence, one] of this.#unanswered) {
      if (one.untilMs > nowMs) continue;
      this.#unanswered.delete(sequence);
      one.settle({ kind: "failed", error: notAnswered(isSafeToRepeat(one)) });
    }
    let nextMs = Number.POSITIVE_INFINITY;
    for (const one of this.#waiting) nextMs = Math.min(nextMs, one.untilMs);
    for (const one of this.#unanswered.values()) nextMs = Math.min(nextMs, one.untilMs);
    if (nextMs < Number.POSITIVE_INFINITY) this.#sweepAt(nextMs);
    this.#tellSettled();
  }
}

/** Whoever answers so, with a reason of Millrace's or without, will not take another job either. */
const refusesAll: ReadonlySet<string> = new Set([
  "UNAUTHENTICATED",
  "PERMISSION_DENIED",
  "UNIMPLEMENTED",
]);

const isSafeToRepeat = ({ spec }: Submission): boolean => spec.idempotencyKey !== "";

const MAYBE =
  "the job may have been submitted all the same; with an idempotency key trying again is safe";

const tooLarge = (): MillraceError =>
  new MillraceError({
    code: "INVALID_ARGUMENT",
    reason: "TOO_LARGE",
    message: `the payload is over ${limits.payloadBytes} bytes`,
  });

const lost = (cause: MillraceError): MillraceError =>
  cause.reason === undefined
    ? new MillraceError({
        code: "UNAVAILABLE",
        reason: "ANSWER_LOST",
        message: `the connection was cut before the answer came: ${MAYBE}`,
        retryable: false,
        cause,
      })
    : unknown(cause);

const unknown = (cause: MillraceError): MillraceError =>
  new MillraceError({
    code: cause.code,
    reason: cause.reason,
    message: `${cause.message}: ${MAYBE}`,
    retryable: false,
    cause,
  });

const unreachable = (): MillraceError =>
  new MillraceError({ code: "UNAVAILABLE", message: "no gateway can be reached" });

const notSent = (cause: MillraceError | undefined): MillraceError =>
  new MillraceError({
    code: cause?.code ?? "DEADLINE_EXCEEDED",
    reason: cause?.reason,
    message: `the job was not submitted in time${cause === undefined ? "" : `: ${cause.message}`}`,
    retryable: true,
    cause,
  });

const notAnswered = (retryable: boolean): MillraceError =>
  new MillraceError({
    code: "DEADLINE_EXCEEDED",
    message: `no answer came in time: ${MAYBE}`,
    retryable,
  });
