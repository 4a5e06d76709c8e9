import type { Engine, Lease } from "@millrace/engine";
import type { Clock, QueueName, TimerHandle } from "@millrace/shared";
import { orAway } from "../store-outage.ts";
import type { Seat } from "./seat.ts";

/** How many jobs one call takes: their payloads are in memory at once. */
const LEASES_PER_CALL = 256;
/** Signals are hints: how long a job may wait for one that was lost. */
const POLL_MS = 1_000;

export interface LineOptions {
  readonly engine: Pick<Engine, "lease" | "settle">;
  readonly clock: Clock;
  readonly leaseMs: number;
  /** Told of a call that failed for another reason than an absent store; the next one comes all the same. */
  readonly onError: (error: unknown) => void;
}

/** What workers serve, each list without repeats and in order. */
export interface Served {
  /** Besides jobs that name none. */
  readonly pools: readonly string[];
  /** None: any. */
  readonly types: readonly string[];
}

/**
 * The workers that wait for jobs of one queue and serve the same pools and types. One call leases for all of
 * them, and one call is under way at a time: however many workers and signals there are, a line asks
 * no more often than the store answers, and what comes up meanwhile is gathered.
 */
export class Line {
  readonly queue: QueueName;
  readonly #pools: readonly string[];
  readonly #types: readonly string[];
  readonly #options: LineOptions;
  /** Seats that may have a free slot, the one that has had no job for longest first. */
  readonly #ready = new Set<Seat>();
  /** There may be jobs that nobody had a slot for. */
  #unserved = true;
  #running = false;
  #again = false;
  #closed = false;
  #dueMs: number | undefined;
  #timer: TimerHandle | undefined;

  constructor(queue: QueueName, { pools, types }: Served, options: LineOptions) {
    this.queue = queue;
    this.#pools = pools;
    this.#types = types;
    this.#options = options;
  }

  /** There may be something to lease. */
  wake(): void {
    this.#again = true;
    if (this.#running || this.#closed) return;
    this.#running = true;
    setImmediate(() => void this.#run());
  }

  /** The seat has free slots. Without jobs that are known to wait, nothing is asked for it. */
  ready(seat: Seat): void {
    this.#ready.add(seat);
    if (this.#unserved) this.wake();
  }

  /** The seat was given jobs, by this line or by another one that it stands in: others are next. */
  served(seat: Seat): void {
    if (this.#ready.delete(seat)) this.#ready.add(seat);
  }

  leave(seat: Seat): void {
    this.#ready.delete(seat);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      await this.#lease().catch(this.#options.onError);
    }
    // In the same turn as the loop's last look, so that no wake falls between.
    this.#running = false;
    this.#timer?.cancel();
    if (this.#closed) return;
    const { clock } = this.#options;
    const waitMs = Math.min(POLL_MS, (this.#dueMs ?? Infinity) - clock.nowMs());
    this.#timer = clock.after(waitMs, () => this.wake());
  }

  async #lease(): Promise<void> {
    const { engine, leaseMs } = this.#options;
    this.#dueMs = undefined;
    const seats = this.#nextSeats();
    this.#unserved = seats.length === 0;
    if (this.#unserved) return;
    const each = Math.min(
      Math.floor(LEASES_PER_CALL / seats.length),
      ...seats.map((seat) => seat.free),
    );
    const count = each * seats.length;
    for (const seat of seats) seat.reserve(each);
    let leases: readonly Lease[] = [];
    try {
      const workerId = seats.map((seat) => seat.workerId);
      const request = {
        queue: this.queue,
        count,
        pools: this.#pools,
        types: this.#types,
        leaseMs,
        workerId,
      };
      const result = await orAway(engine.lease(request));
      leases = result?.leases ?? [];
      this.#dueMs = result?.nextDueMs;
      this.#unserved = leases.length === count;
      this.#again ||= this.#unserved;
    } finally {
      const shares = seats.map((): Lease[] => []);
      for (const [at, lease] of leases.entries()) shares[at % seats.length]?.push(lease);
      const refused = shares.filter((share, turn) => !seats[turn]?.take(share, each)).flat();
      if (refused.length > 0) {
        await orAway(engine.settle(refused.map((lease) => ({ ...lease, kind: "release" }))));
      }
    }
  }

  /**
   * Those with a free slot, as many as one call can serve. They keep their places: jobs go to the first
   * of them, and only who was given one goes to the end. A seat that is full stands at the end again
   * once it has a free slot.
   */
  #nextSeats(): Seat[] {
    const seats: Seat[] = [];
    for (const seat of this.#ready) {
      if (seats.length === LEASES_PER_CALL) break;
      if (seat.free === 0) this.#ready.delete(seat);
      else seats.push(seat);
    }
    return seats;
  }
}
