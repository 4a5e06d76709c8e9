import type { WorkerEntry } from "@millrace/engine";
import type { Hello } from "@millrace/proto/worker-service";
import type { Clock } from "@millrace/shared";

export interface WorkerPresenceOptions {
  readonly hello: Hello;
  /** The name of the token that the worker sent. */
  readonly tokenName: string;
  /** The address from which the worker connects. */
  readonly address: string;
  readonly clock: Clock;
  /** The number of jobs that the worker runs, and that it would take now. */
  slots(): { readonly running: number; readonly free: number };
  /** Called when the worker says that it takes no more jobs. */
  onDrain(): void;
}

/** A worker whose stream is open at this scheduler, as operators see it. */
export class WorkerPresence {
  readonly #options: WorkerPresenceOptions;
  readonly #sinceMs: number;
  #heardMs: number;
  #draining = false;
  /** Set by whoever lists workers. */
  onChanged: () => void = () => undefined;

  constructor(options: WorkerPresenceOptions) {
    this.#options = options;
    this.#sinceMs = options.clock.nowMs();
    this.#heardMs = this.#sinceMs;
  }

  /** Called with each message of the worker. */
  heard(): void {
    this.#heardMs = this.#options.clock.nowMs();
  }

  drain(): void {
    this.#draining = true;
    this.#options.onDrain();
    this.onChanged();
  }

  get entry(): WorkerEntry {
    const { hello, tokenName, address } = this.#options;
    const { workerId, queues, pools, types, sdk, version, slots } = hello;
    const { running, free: freeSlots } = this.#options.slots();
    return {
      ...{ workerId, queues, pools, types, sdk, version, slots, tokenName, address },
      ...{ running, freeSlots, sinceMs: this.#sinceMs, heardMs: this.#heardMs },
      draining: this.#draining,
    };
  }
}
