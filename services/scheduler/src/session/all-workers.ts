import type { Roster, WorkerEntry } from "@millrace/engine";
import type { ConnectedWorkers } from "./connected-workers.ts";

export interface AllWorkersOptions {
  readonly connected: ConnectedWorkers;
  readonly roster: Roster;
  readonly schedulerId: string;
  /** The name under which this process publishes. It differs for each process, also if schedulers share an id. */
  readonly publishedAs: string;
}

/** A worker, and the scheduler to which it is connected. */
export interface KnownWorker extends WorkerEntry {
  readonly schedulerId: string;
}

/** Lists the workers that are connected, of any scheduler. */
export interface ListsWorkers {
  list(): Promise<readonly KnownWorker[]>;
}

/**
 * The workers of all schedulers: this one's as they are now, and the others' as they last published them. At a restart a
 * worker may be here twice for some seconds.
 */
export class AllWorkers {
  readonly #options: AllWorkersOptions;

  constructor(options: AllWorkersOptions) {
    this.#options = options;
  }

  get publishedAs(): string {
    return this.#options.publishedAs;
  }

  get schedulerId(): string {
    return this.#options.schedulerId;
  }

  /** Lists the workers, ordered by id. */
  async list(): Promise<readonly KnownWorker[]> {
    const { connected, roster, schedulerId, publishedAs } = this.#options;
    const published = await roster.read();
    const own = connected.list().map((worker) => ({ ...worker, schedulerId }));
    const others = [...published]
      .filter(([name]) => name !== publishedAs)
      .flatMap(([, one]) =>
        one.workers.map((worker) => ({ ...worker, schedulerId: one.schedulerId })),
      );
    return [...own, ...others].sort((a, b) => (a.workerId < b.workerId ? -1 : 1));
  }

  /** Publishes this scheduler's workers for the others. */
  async publish(): Promise<void> {
    const { connected, roster, schedulerId, publishedAs } = this.#options;
    await roster.publish(publishedAs, { schedulerId, workers: connected.list() });
  }

  async withdraw(): Promise<void> {
    await this.#options.roster.withdraw(this.#options.publishedAs);
  }
}
