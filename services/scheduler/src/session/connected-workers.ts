import type { Hello } from "@millrace/proto/worker-service";

/** A worker whose stream is open at this scheduler, as operators see it. */
export interface ConnectedWorker {
  readonly hello: Pick<Hello, "workerId" | "queues" | "pools" | "types" | "sdk">;
  /** The name of the token that the worker sent. */
  readonly tokenName: string;
  readonly sinceMs: number;
  /** The number of jobs that the worker runs, and that it would take now. */
  slots(): { readonly running: number; readonly free: number };
}

/** The workers that are connected to this scheduler. */
export class ConnectedWorkers {
  readonly #workers = new Set<ConnectedWorker>();

  /** Adds a worker. The returned function removes it. */
  add(worker: ConnectedWorker): () => void {
    this.#workers.add(worker);
    return () => void this.#workers.delete(worker);
  }

  /** Lists the workers, ordered by id. */
  list(): readonly ConnectedWorker[] {
    const id = ({ hello }: ConnectedWorker) => hello.workerId;
    return [...this.#workers].sort((a, b) => (id(a) < id(b) ? -1 : 1));
  }
}
