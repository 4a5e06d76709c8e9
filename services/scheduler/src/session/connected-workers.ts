import type { WorkerEntry } from "@millrace/engine";
import type { WorkerPresence } from "./worker-presence.ts";

/** The workers that are connected to this scheduler. */
export class ConnectedWorkers {
  readonly #workers = new Set<WorkerPresence>();
  readonly #listeners = new Set<() => void>();

  /** Adds a worker. The returned function removes it. */
  add(worker: WorkerPresence): () => void {
    const changed = () => {
      for (const listener of this.#listeners) listener();
    };
    worker.onChanged = changed;
    this.#workers.add(worker);
    changed();
    return () => {
      if (this.#workers.delete(worker)) changed();
    };
  }

  /** Calls `listener` when a worker has come, has left, or takes no more jobs. */
  onChanged(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Lists the workers, ordered by id. */
  list(): readonly WorkerEntry[] {
    const entries = [...this.#workers].map(({ entry }) => entry);
    return entries.sort((a, b) => (a.workerId < b.workerId ? -1 : 1));
  }
}
