/**
 * Knows which jobs' ends are awaited through this engine, and spares them reads that could find nothing new:
 *
 * - The call that ends an awaited job returns the job, so nobody reads it again (`settling`, `settled`).
 * - A job that this engine has submitted is known to be unfinished until a signal says that it has finished. So whoever
 *   awaits it right after its submission need not read it.
 *
 * Both rest on the queue's subscription, which exists before the submission. What ended otherwise is told by a signal, and
 * a resync follows if signals may have been lost. Only then, and for other jobs, is a job read.
 */
import { type JobId, type QueueName, queueOf } from "@millrace/shared";
import type { Signal, Signals } from "../signals/contract.ts";
import type { JobRecord } from "./contract.ts";

/** How many submitted jobs of a queue are known to be unfinished. For an older job, one read more is needed. */
const SUBMITTED_KEPT = 16_384;

export interface EndListener {
  /** The awaited job has ended. */
  ended(job: JobRecord): void;
  /** The awaited job may have ended, and must be read. */
  mayHaveEnded(jobId: JobId): void;
}

interface FollowedQueue {
  /** How many listeners await jobs of the queue. */
  followers: number;
  readonly subscription: Promise<AsyncDisposable>;
  subscribed: boolean;
  readonly listeners: Map<JobId, Set<EndListener>>;
  /** Jobs that were submitted here and are not known to have finished. The oldest comes first. */
  readonly submitted: Set<JobId>;
}

export class EndNews {
  readonly #signals: Signals;
  readonly #queues = new Map<QueueName, FollowedQueue>();
  /** Jobs that a call under way may end. Its reply tells of their ends, so their signals are not needed. */
  readonly #settling = new Set<JobId>();

  constructor(signals: Signals) {
    this.#signals = signals;
  }

  /** Follows a queue until the result is disposed. Rejects if the queue cannot be subscribed to. */
  async follow(queue: QueueName): Promise<AsyncDisposable> {
    const followed = this.#queues.get(queue) ?? this.#open(queue);
    followed.followers += 1;
    const leave = async () => {
      followed.followers -= 1;
      if (followed.followers > 0) return;
      if (this.#queues.get(queue) === followed) this.#queues.delete(queue);
      const subscription = await followed.subscription.catch(() => undefined);
      await subscription?.[Symbol.asyncDispose]();
    };
    try {
      await followed.subscription;
    } catch (error) {
      await leave();
      throw error;
    }
    return { [Symbol.asyncDispose]: leave };
  }

  /** Tells the listener of the job's end. Its queue must be followed. Returns whether the job must be read first. */
  listen(jobId: JobId, listener: EndListener): boolean {
    const followed = this.#queues.get(queueOf(jobId));
    if (followed === undefined) return true;
    const listeners = followed.listeners.get(jobId);
    if (listeners === undefined) followed.listeners.set(jobId, new Set([listener]));
    else listeners.add(listener);
    return !followed.submitted.has(jobId);
  }

  unlisten(jobId: JobId, listener: EndListener): void {
    const listeners = this.#queues.get(queueOf(jobId))?.listeners;
    const ofJob = listeners?.get(jobId);
    if (ofJob?.delete(listener) && ofJob.size === 0) listeners?.delete(jobId);
  }

  /** Must be called before the submission of a new job is sent. */
  submitting(jobId: JobId): void {
    const followed = this.#queues.get(queueOf(jobId));
    if (followed?.subscribed !== true) return;
    const { submitted } = followed;
    submitted.add(jobId);
    if (submitted.size <= SUBMITTED_KEPT) return;
    for (const oldest of submitted) {
      submitted.delete(oldest);
      return;
    }
  }

  /** The submission did not store this job as a new one, or may not have. */
  notSubmitted(jobId: JobId): void {
    this.#queues.get(queueOf(jobId))?.submitted.delete(jobId);
  }

  /** Returns whether the job's end is awaited. `settled` must then be called with the result of the call. */
  settling(jobId: JobId): boolean {
    const awaited = this.#queues.get(queueOf(jobId))?.listeners.has(jobId) === true;
    if (!awaited || this.#settling.has(jobId)) return false;
    this.#settling.add(jobId);
    return true;
  }

  /** `job` is the job as it ended; undefined if the call has not ended it, or failed. */
  settled(jobId: JobId, job: JobRecord | undefined): void {
    this.#settling.delete(jobId);
    const followed = this.#queues.get(queueOf(jobId));
    if (job !== undefined) followed?.submitted.delete(jobId);
    for (const listener of followed?.listeners.get(jobId) ?? []) {
      if (job === undefined) listener.mayHaveEnded(jobId);
      else listener.ended(job);
    }
  }

  #open(queue: QueueName): FollowedQueue {
    const followed: FollowedQueue = {
      followers: 0,
      subscription: this.#signals.subscribe(queue, (signal) => this.#heard(followed, signal)),
      subscribed: false,
      ...{ listeners: new Map(), submitted: new Set() },
    };
    this.#queues.set(queue, followed);
    followed.subscription.then(
      () => {
        followed.subscribed = true;
      },
      () => {
        if (this.#queues.get(queue) === followed) this.#queues.delete(queue);
      },
    );
    return followed;
  }

  #heard({ listeners, submitted }: FollowedQueue, signal: Signal): void {
    if (signal.kind === "resync") {
      submitted.clear();
      for (const [jobId, all] of listeners) for (const one of all) one.mayHaveEnded(jobId);
    } else if (signal.kind === "finished") {
      submitted.delete(signal.jobId);
      if (this.#settling.has(signal.jobId)) return;
      for (const one of listeners.get(signal.jobId) ?? []) one.mayHaveEnded(signal.jobId);
    }
  }
}
