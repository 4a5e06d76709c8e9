import { status } from "@grpc/grpc-js";
import type { Job } from "@millrace/proto/job";
import { RpcFault } from "@millrace/runtime";
import { groupLength, jobBytes, type KeyId, limits } from "@millrace/shared";
import type { Scheduler } from "../scheduler/scheduler-client.ts";
import type { FinishedListener } from "./awaited-jobs.ts";
import type { FinishedHub } from "./finished-hub.ts";

/** What is kept for a caller who does not read: what comes beyond is kept by id, and read again. */
const KEPT_BYTES = 1024 * 1024;

interface Late {
  readonly id: string;
  readonly bytes: number;
}

const newsLimits = {
  maxItems: limits.jobsPerSubmit,
  maxWeight: limits.messageBytes,
  weigh: ({ bytes }: Late) => bytes,
};

/** Finished jobs on their way to one caller. However slowly it reads, it costs no more than an id a job and KEPT_BYTES. */
export class FinishedNews implements FinishedListener {
  readonly #hub: FinishedHub;
  readonly #onNews: () => void;
  readonly #unfinished = new Set<string>();
  #kept: Job[] = [];
  #keptBytes = 0;
  readonly #late: Late[] = [];
  readonly #gone: string[] = [];
  readonly #onOutstanding: (change: number) => void;
  #counted = 0;
  #closed = false;

  constructor(hub: FinishedHub, onNews: () => void, onOutstanding = (_change: number) => {}) {
    this.#hub = hub;
    this.#onNews = onNews;
    this.#onOutstanding = onOutstanding;
  }

  /** Jobs that are waited for, and those whose news has not been taken. */
  get outstanding(): number {
    return this.#unfinished.size + this.#kept.length + this.#late.length + this.#gone.length;
  }

  expect(jobIds: readonly string[]): void {
    if (this.#closed) return;
    const added = jobIds.filter((id) => !this.#unfinished.has(id));
    for (const id of added) this.#unfinished.add(id);
    this.#count();
    if (added.length > 0) this.#hub.watch(added, this);
  }

  /** Ends that the caller does not want to be told of any more. One that is on its way is still told. */
  forget(jobIds: readonly string[]): void {
    const forgotten = jobIds.filter((id) => this.#unfinished.delete(id));
    this.#count();
    if (forgotten.length > 0) this.#hub.forget(forgotten, this);
  }

  finished(job: Job): void {
    if (!this.#unfinished.delete(job.id)) return;
    const bytes = jobBytes(job.labels, job.resultJson, job.error?.message);
    if (this.#keptBytes > KEPT_BYTES) {
      this.#late.push({ id: job.id, bytes });
    } else {
      this.#kept.push(job);
      this.#keptBytes += bytes;
    }
    this.#onNews();
  }

  gone(jobId: string): void {
    if (this.#unfinished.delete(jobId)) this.unknown([jobId]);
  }

  /** Jobs that are not the caller's: for it, they are not there. */
  unknown(jobIds: readonly string[]): void {
    this.#gone.push(...jobIds);
    this.#count();
    this.#onNews();
  }

  /** The next news at hand, as much as fits a message. */
  take(): { finished: Job[]; goneJobIds: string[] } {
    const finished = this.#kept;
    this.#kept = [];
    this.#keptBytes = 0;
    const goneJobIds = this.#gone.splice(0, limits.jobsPerSubmit);
    this.#count();
    return { finished, goneJobIds };
  }

  /** Whether there is news that must be read again before it can be taken. */
  get hasLate(): boolean {
    return this.#late.length > 0;
  }

  /** Reads as much of it as fits a message; false if no scheduler could be reached, in all the time that a call may take. */
  async readLate(scheduler: Scheduler, keyId: KeyId, signal: AbortSignal): Promise<boolean> {
    const late = this.#late.slice(0, groupLength(this.#late, 0, newsLimits));
    const jobIds = late.map(({ id }) => id);
    try {
      const { jobs } = await scheduler.getJobs({ keyId, jobIds, withoutPayload: true }, { signal });
      this.#late.splice(0, late.length);
      const there = new Set(jobs.map(({ id }) => id));
      this.#gone.push(...jobIds.filter((id) => !there.has(id)));
      this.#kept.push(...jobs);
      return true;
    } catch (error) {
      if (error instanceof RpcFault && error.code === status.UNAVAILABLE) return false;
      throw error;
    }
  }

  close(): void {
    this.#closed = true;
    this.#hub.forget(this.#unfinished, this);
    this.#unfinished.clear();
    this.#count();
  }

  #count(): void {
    const now = this.#closed ? 0 : this.outstanding;
    this.#onOutstanding(now - this.#counted);
    this.#counted = now;
  }
}
