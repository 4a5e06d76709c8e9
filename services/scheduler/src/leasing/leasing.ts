import type { Engine, Signal } from "@millrace/engine";
import type { QueueName } from "@millrace/shared";
import { Line, type LineOptions } from "./line.ts";
import { Seat, type Taker } from "./seat.ts";

export interface LeasingOptions extends LineOptions {
  readonly engine: Pick<Engine, "lease" | "settle" | "subscribe">;
}

/** One queue as this scheduler's workers serve it. */
interface Served {
  readonly lines: Map<string, Line>;
  readonly seats: Map<Seat, Line>;
  readonly subscription: Promise<AsyncDisposable>;
}

/** Gives jobs to the workers of this scheduler: whoever has a free slot joins, and is assigned what its queues have. */
export class Leasing {
  readonly #options: LeasingOptions;
  readonly #served = new Map<QueueName, Served>();

  constructor(options: LeasingOptions) {
    this.#options = options;
  }

  /** Rejects if the store is away. The worker gets nothing before it offers a slot. */
  async join(taker: Taker): Promise<Seat> {
    const queues = [...new Set(taker.queues)].map((queue) => this.#serve(queue, taker));
    const seat = new Seat(
      taker,
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

  #serve(queue: QueueName, { pools, types }: Taker): { served: Served; line: Line } {
    const served = this.#served.get(queue) ?? {
      lines: new Map<string, Line>(),
      seats: new Map<Seat, Line>(),
      subscription: this.#options.engine.subscribe(queue, (signal) => this.#hear(queue, signal)),
    };
    this.#served.set(queue, served);
    const wanted = { pools: [...new Set(pools)].sort(), types: [...new Set(types)].sort() };
    const name = `${wanted.pools.join(",")} ${wanted.types.join(",")}`;
    const line = served.lines.get(name) ?? new Line(queue, wanted, this.#options);
    served.lines.set(name, line);
    return { served, line };
  }

  #hear(queue: QueueName, signal: Signal): void {
    const served = this.#served.get(queue);
    if (served === undefined) return;
    if (signal.kind === "work" || signal.kind === "resync") {
      for (const line of served.lines.values()) line.wake();
    } else if (signal.kind === "cancel") {
      for (const seat of served.seats.keys()) seat.cancel(signal.jobId);
    }
  }
}
