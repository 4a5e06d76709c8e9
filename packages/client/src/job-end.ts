import type { Job as JobMessage } from "@millrace/proto/job";
import type { TimerHandle } from "@millrace/shared";
import type { CallOptions } from "./connect-options.ts";
import type { Connection } from "./connection.ts";
import { type Job, jobOf, type NewJob } from "./job.ts";
import { cancelledError, MillraceError } from "./millrace-error.ts";
import { submissionOf } from "./submission.ts";
import type { SubmitStream } from "./submit-stream.ts";
import { WaitStream } from "./wait-stream.ts";

interface Waiter {
  resolve(job: JobMessage): void;
  reject(error: MillraceError): void;
}

/**
 * Waits for jobs to finish, all on one stream. `run` submits its jobs on another stream. Otherwise a submission
 * could queue behind more waits than a gateway accepts.
 */
export class JobEnds {
  readonly #stream: WaitStream;
  readonly #submissions: SubmitStream;
  readonly #connection: Connection;
  readonly #waiters = new Map<string, Set<Waiter>>();

  constructor(connection: Connection, submissions: SubmitStream) {
    this.#connection = connection;
    this.#submissions = submissions;
    this.#stream = new WaitStream(connection, {
      finished: (job) => {
        for (const waiter of this.#take(job.id)) waiter.resolve(job);
      },
      gone: (jobId) => {
        for (const waiter of this.#take(jobId)) waiter.reject(notFound(jobId));
      },
      failed: (error) => {
        for (const id of [...this.#waiters.keys()]) {
          for (const waiter of this.#take(id)) waiter.reject(error);
        }
      },
      awaited: this.#waiters,
    });
  }

  /** Submits a job and waits for its end. */
  run<Result>(job: NewJob, call: CallOptions): Promise<Job<Result>> {
    const { clock } = this.#connection;
    const startedMs = clock.nowMs();
    return new Promise((resolve, reject) => {
      const submission = submissionOf(job, this.#connection, call, (outcome) => {
        if (outcome.kind === "failed") return reject(outcome.error);
        const { signal, deadlineMs } = call;
        const left =
          deadlineMs === undefined ? {} : { deadlineMs: startedMs + deadlineMs - clock.nowMs() };
        resolve(this.wait<Result>(outcome.jobId, { signal, ...left }));
      });
      this.#submissions.add([submission]);
    });
  }

  #expect<Result>(jobId: string, { signal, deadlineMs }: CallOptions): Promise<Job<Result>> {
    return new Promise((resolve, reject) => {
      let timer: TimerHandle | undefined;
      const settle = () => {
        timer?.cancel();
        signal?.removeEventListener("abort", onAbort);
        const waiters = this.#waiters.get(jobId);
        waiters?.delete(waiter);
        if (waiters?.size !== 0) return;
        // No waiter is left, so they gave up. When the job's end arrives, `#take` removes the waiters before this
        // runs.
        this.#waiters.delete(jobId);
        this.#stream.forget(jobId);
      };
      const waiter: Waiter = {
        resolve: (job) => {
          settle();
          resolve(jobOf<Result>(job));
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      const onAbort = () => {
        if (signal !== undefined) waiter.reject(cancelledError(signal));
      };
      const waiters = this.#waiters.get(jobId) ?? new Set();
      this.#waiters.set(jobId, waiters.add(waiter));
      if (deadlineMs !== undefined) {
        timer = this.#connection.clock.after(deadlineMs, () => waiter.reject(late(jobId)));
      }
      signal?.addEventListener("abort", onAbort, { once: true });
      if (signal?.aborted) onAbort();
    });
  }

  /** Waits for the end of any job. */
  wait<Result>(jobId: string, options: CallOptions): Promise<Job<Result>> {
    this.#stream.watch(jobId);
    return this.#expect<Result>(jobId, options);
  }

  /** Rejects all waits. */
  close(): void {
    this.#stream.close();
  }

  #take(jobId: string): readonly Waiter[] {
    const waiters = [...(this.#waiters.get(jobId) ?? [])];
    this.#waiters.delete(jobId);
    return waiters;
  }
}

const notFound = (jobId: string): MillraceError =>
  new MillraceError({
    code: "NOT_FOUND",
    reason: "JOB_NOT_FOUND",
    message: `there is no job ${jobId}`,
  });

const late = (jobId: string): MillraceError =>
  new MillraceError({
    code: "DEADLINE_EXCEEDED",
    message: `job ${jobId} has not finished before the deadline of this wait; wait again, or set a longer deadlineMs`,
    retryable: true,
  });

/** Returns the job if it succeeded. Otherwise throws the reason for its failure. */
export function succeeded<Result>(job: Job<Result>): Job<Result> {
  const { id, state, failure } = job;
  if (state === "SUCCEEDED") return job;
  throw new MillraceError({
    code: state === "CANCELLED" || state === "EXPIRED" ? `JOB_${state}` : "JOB_FAILED",
    reason: failure?.reason,
    message: failure?.message ?? `the job ended as ${state}`,
    metadata: { job_id: id },
    retryable: false,
  });
}
