import type { Job } from "@millrace/proto/job";
import { limits } from "@millrace/shared";

/** Called once for each job that it waits for. Its methods must not throw. */
export interface FinishedListener {
  /** The job has no payload. */
  finished(job: Job): void;
  /** The job does not exist, or no longer. */
  gone(jobId: string): void;
}

/**
 * Records which listener waits for which job, and which changes the scheduler has not received yet. It costs one id per
 * job that a listener waits for.
 */
export class AwaitedJobs {
  // A set per job, because thousands of listeners may wait for one job and leave at once.
  readonly #listeners = new Map<string, Set<FinishedListener>>();
  // The changes that the scheduler has not received. An id is never in both sets.
  #toAdd = new Set<string>();
  #toDrop = new Set<string>();

  /** How many jobs are awaited. */
  get size(): number {
    return this.#listeners.size;
  }

  get hasChanges(): boolean {
    return this.#toAdd.size + this.#toDrop.size > 0;
  }

  add(jobIds: readonly string[], listener: FinishedListener): void {
    for (const id of jobIds) {
      const listeners = this.#listeners.get(id);
      if (listeners === undefined) this.#listeners.set(id, new Set([listener]));
      else listeners.add(listener);
      this.#toDrop.delete(id);
      this.#toAdd.add(id);
    }
  }

  forget(jobIds: Iterable<string>, listener: FinishedListener): void {
    for (const id of jobIds) {
      const listeners = this.#listeners.get(id);
      if (listeners?.delete(listener) !== true || listeners.size > 0) continue;
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

  /** Marks all jobs as unknown to the scheduler, for a new stream. */
  startAnew(): void {
    this.#toAdd = new Set(this.#listeners.keys());
    this.#toDrop = new Set();
  }

  /** Takes the next changes for the scheduler, as many as fit a message. */
  takeChanges(): { addJobIds: string[]; dropJobIds: string[] } {
    return {
      addJobIds: takeFrom(this.#toAdd, limits.jobsPerSubmit),
      dropJobIds: takeFrom(this.#toDrop, limits.jobsPerSubmit),
    };
  }

  #take(jobId: string): Iterable<FinishedListener> {
    const listeners = this.#listeners.get(jobId) ?? [];
    this.#listeners.delete(jobId);
    return listeners;
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
