import { create } from "@bufbuild/protobuf";
import type { JobSpec } from "@millrace/proto/job";
import {
  type SubmitResult,
  SubmitStreamJobSchema,
  type SubmitStreamResponse,
} from "@millrace/proto/job-service";
import { groupLength, limits, type TimerHandle } from "@millrace/shared";
import type { Connection } from "./connection.ts";
import { LastingStream, type StreamUser } from "./lasting-stream.ts";
import { closedError, errorOfStatus, MillraceError } from "./millrace-error.ts";

/** A durable job. It is kept until its retention ends. */
export interface Submitted {
  readonly jobId: string;
  /** True if the idempotency key matched a job that existed already. */
  readonly existing: boolean;
}

export type SubmitOutcome =
  | ({ readonly kind: "accepted" } & Submitted)
  /** The job was refused, or its outcome is not known. The error says which. */
  | { readonly kind: "failed"; readonly error: MillraceError };

/** A job that is being submitted. */
export interface Submission {
  readonly spec: JobSpec;
  /** An upper estimate of its size in a message. */
  readonly bytes: number;
  readonly untilMs: number;
  /** Takes effect once. `settled` is true from then on. */
  settle(outcome: SubmitOutcome): void;
  readonly settled: boolean;
}

/**
 * The most jobs that may wait for an answer. Further jobs wait in the client, because the gateway could not start
 * them sooner.
 */
const MAX_UNANSWERED = 4_000;
const messageLimits = {
  maxItems: limits.jobsPerSubmit,
  maxWeight: limits.messageBytes,
  weigh: ({ bytes }: Submission) => bytes,
};

/**
 * Submits the jobs of all callers on one SubmitStream. After a cut it sends an unanswered job again if that is safe.
 * This is so if the job has an idempotency key, or if the gateway said that it accepted no more. Otherwise the job
 * fails with ANSWER_LOST.
 */
export class SubmitStream implements StreamUser {
  readonly #connection: Connection;
  readonly #stream: LastingStream;
  #waiting: Submission[] = [];
  readonly #unanswered = new Map<number, Submission>();
  #sequence = 0;
  #sweep: { readonly atMs: number; readonly timer: TimerHandle } | undefined;
  readonly #onIdle: (() => void)[] = [];

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#stream = new LastingStream(connection, this);
  }

  add(submissions: readonly Submission[]): void {
    for (const one of submissions) {
      if (one.bytes > limits.messageBytes) {
        // A job of this size would end the stream, and with it all other submissions.
        one.settle({ kind: "failed", error: tooLarge() });
        continue;
      }
      this.#waiting.push(one);
      this.#sweepAt(one.untilMs);
    }
    this.#stream.schedule();
  }

  /** Resolves once every submission has been settled. */
  async settled(): Promise<void> {
    while (this.isNeeded) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  /** Ends the stream. Submissions that are not settled fail. */
  close(): void {
    this.#sweep?.timer.cancel();
    this.failed(closedError());
    this.#stream.close();
  }

  get isNeeded(): boolean {
    return this.#waiting.length + this.#unanswered.size > 0;
  }

  opened(): void {}

  release(call: { end(): void }): void {
    call.end();
  }

  pump(): void {
    while (
      !this.#stream.isBehind &&
      this.#waiting.length > 0 &&
      this.#unanswered.size < MAX_UNANSWERED
    ) {
      const group = this.#waiting.splice(0, groupLength(this.#waiting, 0, messageLimits));
      const open = group.filter(({ settled }) => !settled);
      const jobs = open.map((submission) => {
        this.#sequence += 1;
        this.#unanswered.set(this.#sequence, submission);
        const sequence = BigInt(this.#sequence);
        return create(SubmitStreamJobSchema, { sequence, job: submission.spec });
      });
      if (jobs.length > 0) this.#stream.write({ jobs });
    }
  }

  received({ results }: SubmitStreamResponse): void {
    for (const { sequence, result } of results) {
      const submission = this.#unanswered.get(Number(sequence));
      this.#unanswered.delete(Number(sequence));
      if (submission !== undefined && result !== undefined) this.#answer(submission, result);
    }
    this.#stream.schedule();
    this.#tellSettled();
  }

  #answer(submission: Submission, result: SubmitResult): void {
    const outcome = outcomeOf(result);
    const isUnknown = outcome.kind === "failed" && outcome.error.code === "UNAVAILABLE";
    if (!isUnknown) submission.settle(outcome);
    else if (isSafeToRepeat(submission)) this.#waiting.push(submission);
    else submission.settle({ kind: "failed", error: unknown(outcome.error) });
  }

  cut(error: MillraceError, notAccepted: boolean): void {
    const unanswered = [...this.#unanswered.values()];
    this.#unanswered.clear();
    const again = unanswered.filter((one) => notAccepted || isSafeToRepeat(one));
    this.#waiting = [...again, ...this.#waiting];
    for (const one of unanswered) {
      if (!notAccepted && !isSafeToRepeat(one)) {
        one.settle({ kind: "failed", error: lost(error) });
      }
    }
    this.#tellSettled();
  }

  failed(error: MillraceError): void {
    const open = [...this.#unanswered.values(), ...this.#waiting];
    this.#unanswered.clear();
    this.#waiting = [];
    for (const one of open) one.settle({ kind: "failed", error });
    this.#tellSettled();
  }

  #tellSettled(): void {
    if (this.isNeeded) return;
    for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  /** One timer serves all deadlines. It fires at the earliest. */
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
    const why = this.#stream.cutReason;
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

/** What the gateway answered to a submitted job. */
export function outcomeOf({ result, existing }: SubmitResult): SubmitOutcome {
  if (result.case === "jobId") return { kind: "accepted", jobId: result.value, existing };
  const error =
    result.case === "error"
      ? errorOfStatus(result.value)
      : new MillraceError({
          code: "INTERNAL",
          message: "the gateway answered with neither a job id nor an error",
        });
  return { kind: "failed", error };
}

const isSafeToRepeat = ({ spec }: Submission): boolean => spec.idempotencyKey !== "";

const MAYBE =
  "the job may have been submitted all the same; with an idempotency key it is safe to try again";

const tooLarge = (): MillraceError =>
  new MillraceError({
    code: "INVALID_ARGUMENT",
    reason: "TOO_LARGE",
    message: `the payload is larger than the limit of ${limits.payloadBytes} bytes`,
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
