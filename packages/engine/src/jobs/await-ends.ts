import { type JobId, type QueueName, queueOf } from "@millrace/shared";
import type { AwaitedEnds, EndsRead } from "./awaited-ends.ts";
import type { JobRecord, Jobs } from "./contract.ts";
import type { EndListener, EndNews } from "./end-news.ts";

/** How many jobs one call reads: each may have a long result. */
const JOBS_PER_READ = 256;
/** How many bytes of ended jobs are kept until they are read. Jobs that end after that are read from the store. */
const KEPT_BYTES = 1024 * 1024;
/** What a job takes besides its result: an estimate. */
const FIXED_BYTES = 1_024;

const bytesOf = ({ resultJson = "", failure }: JobRecord): number =>
  FIXED_BYTES + resultJson.length + (failure?.message.length ?? 0);

export interface AwaitEndsParts {
  readonly news: EndNews;
  readonly getFinished: Jobs["getFinished"];
  readonly onNews: () => void;
}

/** A queue is followed before its jobs are read for the first time, so that no end is missed in between. */
export class AwaitEnds implements AwaitedEnds, EndListener {
  readonly #parts: AwaitEndsParts;
  readonly #awaited = new Set<JobId>();
  readonly #toRead = new Set<JobId>();
  readonly #queues = new Map<QueueName, AsyncDisposable>();
  #ended: JobRecord[] = [];
  #endedBytes = 0;

  constructor(parts: AwaitEndsParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#awaited.size;
  }

  get mayHaveNews(): boolean {
    return this.#toRead.size > 0 || this.#ended.length > 0;
  }

  async add(ids: readonly JobId[]): Promise<void> {
    for (const id of ids) {
      const queue = queueOf(id);
      if (!this.#queues.has(queue)) this.#queues.set(queue, await this.#parts.news.follow(queue));
      this.#awaited.add(id);
      if (this.#parts.news.listen(id, this)) this.#toRead.add(id);
    }
    if (this.mayHaveNews) this.#parts.onNews();
  }

  drop(ids: readonly JobId[]): void {
    for (const id of ids) this.#forget(id);
  }

  ended(job: JobRecord): void {
    if (this.#endedBytes > KEPT_BYTES) {
      this.mayHaveEnded(job.id);
      return;
    }
    this.#ended.push(job);
    this.#endedBytes += bytesOf(job);
    this.#parts.onNews();
  }

  mayHaveEnded(jobId: JobId): void {
    this.#toRead.add(jobId);
    this.#parts.onNews();
  }

  async read(): Promise<EndsRead> {
    const ended = this.#ended.splice(0);
    this.#endedBytes = 0;
    const jobs = ended.filter(({ id }) => this.#forget(id));
    // What has ended is passed on first, and does not wait for the store.
    if (jobs.length > 0) return { jobs, missing: [] };
    const ids = [...this.#toRead.values().take(JOBS_PER_READ)];
    for (const id of ids) this.#toRead.delete(id);
    const wanted = ids.filter((id) => this.#awaited.has(id));
    const found = wanted.length === 0 ? [] : await this.#parts.getFinished(wanted);
    const missing: JobId[] = [];
    for (const [index, one] of found.entries()) {
      const id = wanted[index] as JobId;
      // The job may have been dropped meanwhile, or reported by the call that ended it.
      if (one.kind === "unfinished" || !this.#forget(id)) continue;
      if (one.kind === "finished") jobs.push(one.job);
      else missing.push(id);
    }
    return { jobs, missing };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drop([...this.#awaited]);
    await Promise.allSettled([...this.#queues.values()].map((one) => one[Symbol.asyncDispose]()));
  }

  /** Returns whether the job was awaited. */
  #forget(id: JobId): boolean {
    this.#toRead.delete(id);
    if (!this.#awaited.delete(id)) return false;
    this.#parts.news.unlisten(id, this);
    return true;
  }
}
