import type { Hello } from "@millrace/proto/worker-service";

/** A worker whose stream is open here, as operators see it. */
export interface ConnectedWorker {
  readonly hello: Pick<Hello, "workerId" | "queues" | "pools" | "types" | "sdk">;
  /** Of the token that it showed. */
  readonly tokenName: string;
  readonly sinceMs: number;
  /** Jobs that it runs, and that it would take now. */
  slots(): { readonly running: number; readonly free: number };
}

/** The workers of this scheduler. */
export class ConnectedWorkers {
  readonly #workers = new Set<ConnectedWorker>();

  /** Until the returned function is called. */
  add(worker: ConnectedWorker): () => void {
    this.#workers.add(worker);
    return () => void this.#workers.delete(worker);
  }

  /** By id. */
  list(): readonly ConnectedWorker[] {
    const id = ({ hello }: ConnectedWorker) => hello.workerId;
    return [...this.#workers].sort((a, b) => (id(a) < id(b) ? -1 : 1));
  }
}
