import type { Engine, Signal } from "@millrace/engine";
import type { QueueName } from "@millrace/shared";
import { Line, type LineOptions } from "./line.ts";
import { Seat, type SeatedWorker } from "./seat.ts";

export interface LeasingOptions extends LineOptions {
  readonly engine: Pick<Engine, "lease" | "settle" | "subscribe">;
}

/** The lines and seats of one queue at this scheduler. */
interface ServedQueue {
  readonly lines: Map<string, Line>;
  readonly seats: Map<Seat, Line>;
  readonly subscription: Promise<AsyncDisposable>;
}

/**
 * Leases jobs for all workers that are connected to this scheduler. A worker that joins gets a seat, which stands in one
 * line for each queue that the worker serves. Each line leases jobs for its seats. Leasing opens a line for the first
 * worker that needs it, closes it after the last one, and passes the store's signals on to lines and seats.
 */
export class Leasing {
  readonly #options: LeasingOptions;
  readonly #served = new Map<QueueName, ServedQueue>();

  constructor(options: LeasingOptions) {
    this.#options = options;
  }

  /** Gives the worker a seat. The worker gets no job until it offers a slot. Rejects if the store is unavailable. */
  async join(worker: SeatedWorker): Promise<Seat> {
    const queues = [...new Set(worker.queues)].map((queue) => this.#serve(queue, worker));
    const seat = new Seat(
      worker,
      queues.map(({ line }) => line),
    );
    for (const { served, line } of queues) {
      served.seats.set(seat, line);
      line.join(seat);
    }
    try {
      await Promise.all(queues.map(({ served }) => served.subscription));
    } catch (error) {
      this.leave(seat);
      throw error;
    }
    return seat;
  }

  leave(seat: Seat): void {
    seat.withdraw();
    for (const [queue, served] of this.#served) {
      const line = served.seats.get(seat);
      if (line === undefined) continue;
      served.seats.delete(seat);
      if (![...served.seats.values()].includes(line)) {
        line.close();
        for (const [name, other] of served.lines) if (other === line) served.lines.delete(name);
      }
      if (served.seats.size > 0) continue;
      this.#served.delete(queue);
      void served.subscription.then(
        (subscription) => subscription[Symbol.asyncDispose](),
        () => undefined,
      );
    }
  }

  #serve(queue: QueueName, { pools, types }: SeatedWorker): { served: ServedQueue; line: Line } {
    const served = this.#served.get(queue) ?? {
      lines: new Map<string, Line>(),
      seats: new Map<Seat, Line>(),
      subscription: this.#options.engine.subscribe(queue, (signal) =>
        this.#onSignal(queue, signal),
      ),
    };
    this.#served.set(queue, served);
    const wanted = { pools: [...new Set(pools)].sort(), types: [...new Set(types)].sort() };
    const name = `${wanted.pools.join(",")} ${wanted.types.join(",")}`;
    const line = served.lines.get(name) ?? new Line(queue, wanted, this.#options);
    served.lines.set(name, line);
    return { served, line };
  }

  #onSignal(queue: QueueName, signal: Signal): void {
    const served = this.#served.get(queue);
    if (served === undefined) return;
    if (signal.kind === "work" || signal.kind === "resync") {
      for (const line of served.lines.values()) line.wake();
    } else if (signal.kind === "cancel") {
      for (const seat of served.seats.keys()) seat.cancel(signal.jobId);
    }
  }
}
