import { status } from "@grpc/grpc-js";
import type { Job } from "@millrace/proto/job";
import { RpcFault } from "@millrace/runtime";
import { groupLength, jobBytes, type KeyId, limits } from "@millrace/shared";
import type { Scheduler } from "../scheduler/scheduler-client.ts";
import type { FinishedListener } from "./awaited-jobs.ts";
import type { FinishedHub } from "./finished-hub.ts";

/**
 * How many bytes of finished jobs are kept for a caller that does not read. Further jobs are kept by id, and read again
 * later.
 */
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

/** The finished jobs on their way to one caller. A slow caller costs at most an id per job and KEPT_BYTES. */
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

  /** How many jobs are awaited, or have finished and not been taken. */
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

  /** Stops waiting for these jobs. A job that has finished already is still reported. */
  forget(jobIds: readonly string[]): void {
    const forgotten = jobIds.filter((id) => this.#unfinished.delete(id));
    this.#count();
    if (forgotten.length > 0) this.#hub.forget(forgotten, this);
  }

  finished(job: Job): void {
    if (!this.#unfinished.delete(job.id)) return;
    const { failure } = job;
    const bytes = jobBytes(job.labels, job.resultJson, failure?.message, failure?.detailsJson);
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

  /** Reports jobs of other keys as gone: for this caller they do not exist. */
  unknown(jobIds: readonly string[]): void {
    this.#gone.push(...jobIds);
    this.#count();
    this.#onNews();
  }

  /** Takes the next finished jobs, as many as fit a message. */
  take(): { finished: Job[]; goneJobIds: string[] } {
    const finished = this.#kept;
    this.#kept = [];
    this.#keptBytes = 0;
    const goneJobIds = this.#gone.splice(0, limits.jobsPerSubmit);
    this.#count();
    return { finished, goneJobIds };
  }

  /** Whether there are finished jobs that must be read again before they can be taken. */
  get hasLate(): boolean {
    return this.#late.length > 0;
  }

  /**
   * Reads late jobs again, as many as fit a message. Returns false if no scheduler could be reached within the call's
   * deadline.
   */
  async readLate(scheduler: Scheduler, keyId: KeyId, signal: AbortSignal): Promise<boolean> {
    const late = this.#late.slice(0, groupLength(this.#late, 0, newsLimits));
    const jobIds = late.map(({ id }) => id);
    try {
      const { jobs } = await scheduler.getJobs({ keyId, jobIds, withoutPayload: true }, { signal });
      this.#late.splice(0, late.length);
      const found = new Set(jobs.map(({ id }) => id));
      this.#gone.push(...jobIds.filter((id) => !found.has(id)));
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
