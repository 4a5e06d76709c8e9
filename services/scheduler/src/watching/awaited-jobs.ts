import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Engine } from "@millrace/engine";
import type { JobSchema } from "@millrace/proto/job";
import type { WatchFinishedRequest } from "@millrace/proto/scheduler-service";
import { isJobId, type JobId, type QueueName, queueOf } from "@millrace/shared";
import { jobMessage } from "../messages/job-message.ts";
import type { JobObserver } from "../observing/job-observer.ts";

/** How many jobs one call reads: each may have a long result. */
const JOBS_PER_READ = 256;

export interface AwaitedJobsParts {
  readonly engine: Pick<Engine, "getFinished" | "subscribe">;
  readonly observer: Pick<JobObserver, "awaited">;
  /** Called when there may be something to read. */
  readonly onNews: () => void;
}

/** The result of one read. */
export interface FinishedJobs {
  readonly jobs: MessageInitShape<typeof JobSchema>[];
  /** Jobs that do not exist, or no longer. */
  readonly missingJobIds: string[];
}

/**
 * The jobs whose end one gateway awaits. Signals only say which jobs to read again. A queue's subscription is opened before
 * its jobs are read for the first time, so that no end is missed in between.
 */
export class AwaitedJobs {
  readonly #parts: AwaitedJobsParts;
  readonly #awaited = new Set<JobId>();
  readonly #toRead = new Set<JobId>();
  readonly #missing: string[] = [];
  readonly #queues = new Map<QueueName, AsyncDisposable>();

  constructor(parts: AwaitedJobsParts) {
    this.#parts = parts;
  }

  /** Whether no job is awaited and none is left to report. */
  get isEmpty(): boolean {
    return this.#awaited.size === 0 && this.#missing.length === 0;
  }

  /** Whether a read may find something. */
  get mayHaveNews(): boolean {
    return this.#toRead.size > 0 || this.#missing.length > 0;
  }

  /** Adds and drops the jobs of a request. */
  async change({ addJobIds, dropJobIds }: WatchFinishedRequest): Promise<void> {
    const { observer, onNews } = this.#parts;
    for (const id of addJobIds) {
      if (!isJobId(id)) {
        this.#missing.push(id);
        continue;
      }
      if (!this.#queues.has(queueOf(id))) await this.#subscribe(queueOf(id));
      if (!this.#awaited.has(id)) observer.awaited(1);
      this.#awaited.add(id);
      this.#toRead.add(id);
    }
    for (const id of dropJobIds) {
      if (this.#awaited.delete(id as JobId)) observer.awaited(-1);
    }
    onNews();
  }

  /** Reads the next jobs that may have finished. Jobs that it returns are no longer awaited. */
  async read(): Promise<FinishedJobs> {
    const { engine, observer } = this.#parts;
    const ids = [...this.#toRead.values().take(JOBS_PER_READ)];
    for (const id of ids) this.#toRead.delete(id);
    const wanted = ids.filter((id) => this.#awaited.has(id));
    const found = wanted.length === 0 ? [] : await engine.getFinished(wanted);
    const jobs: FinishedJobs["jobs"] = [];
    const missingJobIds = this.#missing.splice(0);
    for (const [index, one] of found.entries()) {
      const id = wanted[index] as JobId;
      // The gateway may have dropped the job meanwhile, and then does not want its end.
      if (one.kind === "unfinished" || !this.#awaited.delete(id)) continue;
      observer.awaited(-1);
      if (one.kind === "finished") jobs.push(jobMessage(one.job));
      else missingJobIds.push(id);
    }
    return { jobs, missingJobIds };
  }

  /** Ends all subscriptions. Call it only when no `change` is under way: that would subscribe again. */
  async close(): Promise<void> {
    this.#parts.observer.awaited(-this.#awaited.size);
    await Promise.allSettled([...this.#queues.values()].map((one) => one[Symbol.asyncDispose]()));
  }

  async #subscribe(queue: QueueName): Promise<void> {
    const subscription = await this.#parts.engine.subscribe(queue, (hint) => {
      if (hint.kind === "resync") for (const id of this.#awaited) this.#toRead.add(id);
      else if (hint.kind === "finished" && this.#awaited.has(hint.jobId))
        this.#toRead.add(hint.jobId);
      else return;
      this.#parts.onNews();
    });
    this.#queues.set(queue, subscription);
  }
}
