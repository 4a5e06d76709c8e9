import type { Job } from "@millrace/proto/job";
import { limits } from "@millrace/shared";

/** Told once of each job that it waits for. Must not throw. */
export interface FinishedListener {
  /** Without its payload. */
  finished(job: Job): void;
  /** It is not there (any more). */
  gone(jobId: string): void;
}

/**
 * Who waits for which job, and what of it the scheduler has not been told yet: an id for each job that a listener waits
 * for.
 */
export class AwaitedJobs {
  // Sets: thousands may wait for one job, and leave at once.
  readonly #listeners = new Map<string, Set<FinishedListener>>();
  // What the scheduler has not been told yet. An id is never in both.
  #toAdd = new Set<string>();
  #toDrop = new Set<string>();

  /** Jobs that are waited for. */
  get size(): number {
    return this.#listeners.size;
  }

  get hasChanges(): boolean {
    return this.#toAdd.size + this.#toDrop.size > 0;
  }

  add(jobIds: readonly string[], listener: FinishedListener): void {
    for (const id of jobIds) {
      const told = this.#listeners.get(id);
      if (told === undefined) this.#listeners.set(id, new Set([listener]));
      else told.add(listener);
      this.#toDrop.delete(id);
      this.#toAdd.add(id);
    }
  }

  forget(jobIds: Iterable<string>, listener: FinishedListener): void {
    for (const id of jobIds) {
      const told = this.#listeners.get(id);
      if (told?.delete(listener) !== true || told.size > 0) continue;
      this.#listeners.delete(id);
      this.#toAdd.delete(id);
      this.#toDrop.add(id);
    }
  }

  finished(job: Job): void {
    for (const one of this.#take(job.id)) one.finished(job);
  }

  gone(jobId: string): void {
    for (const one of this.#take(jobId)) one.gone(jobId);
  }

  /** A scheduler that knows nothing is to be told of all. */
  startAnew(): void {
    this.#toAdd = new Set(this.#listeners.keys());
    this.#toDrop = new Set();
  }

  /** What the scheduler is to be told next, as much as fits a message. */
  takeChanges(): { addJobIds: string[]; dropJobIds: string[] } {
    return {
      addJobIds: takeFrom(this.#toAdd, limits.jobsPerSubmit),
      dropJobIds: takeFrom(this.#toDrop, limits.jobsPerSubmit),
    };
  }

  #take(jobId: string): Iterable<FinishedListener> {
    const told = this.#listeners.get(jobId) ?? [];
    this.#listeners.delete(jobId);
    return told;
  }
}

function takeFrom(ids: Set<string>, count: number): string[] {
  const taken: string[] = [];
  for (const id of ids) {
    if (taken.length === count) break;
    ids.delete(id);
    taken.push(id);
  }
  return taken;
}
