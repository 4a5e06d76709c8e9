import type { MessageInitShape } from "@bufbuild/protobuf";
import type { AwaitedEnds, Engine } from "@millrace/engine";
import type { JobSchema } from "@millrace/proto/job";
import type { WatchFinishedRequest } from "@millrace/proto/scheduler-service";
import { isJobId } from "@millrace/shared";
import { jobMessage } from "../messages/job-message.ts";
import type { JobObserver } from "../observing/job-observer.ts";

export interface AwaitedJobsParts {
  readonly engine: Pick<Engine, "awaitEnds">;
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

/** The jobs whose end one gateway awaits. */
export class AwaitedJobs {
  readonly #parts: AwaitedJobsParts;
  readonly #ends: AwaitedEnds;
  readonly #missing: string[] = [];
  #counted = 0;

  constructor(parts: AwaitedJobsParts) {
    this.#parts = parts;
    this.#ends = parts.engine.awaitEnds(parts.onNews);
  }

  /** Whether no job is awaited and none is left to report. */
  get isEmpty(): boolean {
    return this.#ends.size === 0 && this.#missing.length === 0;
  }

  /** Whether a read may find something. */
  get mayHaveNews(): boolean {
    return this.#ends.mayHaveNews || this.#missing.length > 0;
  }

  /** Adds and drops the jobs of a request. */
  async change({ addJobIds, dropJobIds }: WatchFinishedRequest): Promise<void> {
    const added = addJobIds.filter(isJobId);
    try {
      await this.#ends.add(added);
      this.#ends.drop(dropJobIds.filter(isJobId));
    } finally {
      this.#count();
    }
    if (added.length < addJobIds.length) {
      this.#missing.push(...addJobIds.filter((id) => !isJobId(id)));
      this.#parts.onNews();
    }
  }

  /** Reads the next jobs that may have finished. Jobs that it returns are no longer awaited. */
  async read(): Promise<FinishedJobs> {
    const { jobs, missing } = await this.#ends.read();
    this.#count();
    return { jobs: jobs.map(jobMessage), missingJobIds: [...this.#missing.splice(0), ...missing] };
  }

  /** Ends all subscriptions. Call it only when no `change` is under way: that would subscribe again. */
  async close(): Promise<void> {
    await this.#ends[Symbol.asyncDispose]();
    this.#count();
  }

  #count(): void {
    const change = this.#ends.size - this.#counted;
    this.#counted += change;
    if (change !== 0) this.#parts.observer.awaited(change);
  }
}
