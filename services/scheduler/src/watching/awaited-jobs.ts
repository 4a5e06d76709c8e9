import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Engine } from "@millrace/engine";
import type { JobSchema } from "@millrace/proto/job";
import type { WatchFinishedRequest } from "@millrace/proto/scheduler-service";
import { isJobId, type JobId, type QueueName, queueOf } from "@millrace/shared";
import { jobMessage } from "../messages/job-message.ts";
import type { JobObserver } from "../observing/job-observer.ts";

/** Jobs that are read at once: each may have a long result. */
const JOBS_PER_READ = 256;

export interface AwaitedJobsParts {
  readonly engine: Pick<Engine, "getFinished" | "subscribe">;
  readonly observer: Pick<JobObserver, "awaited">;
  /** There may be something to read. */
  readonly onNews: () => void;
}

/** What one read has found. */
export interface FinishedJobs {
  readonly jobs: MessageInitShape<typeof JobSchema>[];
  /** There are no such jobs (any more). */
  readonly missingJobIds: string[];
}

/**
 * The jobs whose end one gateway waits for. Signals only say which of them to read again. A queue is subscribed to
 * before its jobs are first read, so that no end falls between the two.
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

  /** No job is awaited, and none is left to be told of. */
  get isEmpty(): boolean {
    return this.#awaited.size === 0 && this.#missing.length === 0;
  }

  /** Whether a read may find something. */
  get mayHaveNews(): boolean {
    return this.#toRead.size > 0 || this.#missing.length > 0;
  }

  /** Adds and drops what a request says. */
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

  /** Reads the next of those that may have finished; what it returns is awaited no more. */
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
      // Whoever dropped it meanwhile does not want to know.
      if (one.kind === "unfinished" || !this.#awaited.delete(id)) continue;
      observer.awaited(-1);
      if (one.kind === "finished") jobs.push(jobMessage(one.job));
      else missingJobIds.push(id);
    }
    return { jobs, missingJobIds };
  }

  /** Nothing is awaited any more. Not while a change is under way: it would subscribe again. */
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
