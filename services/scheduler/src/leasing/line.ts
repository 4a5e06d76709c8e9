import type { Engine, Lease, LeaseRequest } from "@millrace/engine";
import type { Clock, QueueName, TimerHandle } from "@millrace/shared";
import { unlessOutage } from "../store/store-outage.ts";
import { Isolation } from "./isolation.ts";
import type { Seat, SeatLine } from "./seat.ts";

/** How many jobs one call leases: their payloads are in memory at the same time. */
const LEASES_PER_CALL = 256;
/** How often a line asks without a signal. Signals are hints, and a job whose signal was lost waits this long. */
const POLL_MS = 1_000;
/** How often a line looks for guests, and for how many workers each time. */
const GUESTS_EVERY_MS = 250;
const HOSTS_AT_ONCE = 16;

export interface LineOptions {
  readonly engine: Pick<Engine, "lease" | "settle">;
  readonly clock: Clock;
  readonly leaseMs: number;
  /** Called with the error of a failed call, unless the store is unavailable. The line goes on with its next call. */
  readonly onError: (error: unknown) => void;
}

/** What the workers of a line serve. Both lists are sorted and have no duplicates. */
export interface ServedWork {
  /** Jobs that name no pool are served in any case. */
  readonly pools: readonly string[];
  /** An empty list means all types. */
  readonly types: readonly string[];
}

/**
 * The workers that stand in line for the jobs of one queue, like people at a counter. All of them serve the same pools and
 * types, so each can run any job that the line leases. Jobs go to the worker that has got none for longest. The line makes
 * one call at a time, which leases for all its workers. However many workers and signals there are, the line asks no more
 * often than the store answers: wake-ups during a call are combined into the next call.
 */
export class Line implements SeatLine {
  readonly queue: QueueName;
  readonly #pools: readonly string[];
  readonly #types: readonly string[];
  readonly #options: LineOptions;
  readonly #seats = new Set<Seat>();
  /** Seats that may have a free slot. The seat that has got no job for longest comes first. */
  readonly #ready = new Set<Seat>();
  readonly #isolation = new Isolation(() => this.wake());
  /** Whether jobs may wait that no worker had a slot for. */
  #unserved = true;
  #suspectsWait = false;
  /** No worker is set aside until then, because the last one found no suspect to run. */
  #noIsolationUntilMs = 0;
  #noGuestsUntilMs = 0;
  #running = false;
  #again = false;
  #closed = false;
  #dueMs: number | undefined;
  #timer: TimerHandle | undefined;

  constructor(queue: QueueName, { pools, types }: ServedWork, options: LineOptions) {
    this.queue = queue;
    this.#pools = pools;
    this.#types = types;
    this.#options = options;
  }

  /** Makes the line ask for jobs, because there may be some. */
  wake(): void {
    this.#again = true;
    if (this.#running || this.#closed) return;
    this.#running = true;
    setImmediate(() => void this.#run());
  }

  join(seat: Seat): void {
    this.#seats.add(seat);
  }

  /** Adds a seat that has free slots. The line asks the store only if jobs may wait. */
  ready(seat: Seat): void {
    this.#ready.add(seat);
    if (this.#unserved) this.wake();
  }

  /** Moves a seat to the end, because it got jobs from this line or from another one. */
  served(seat: Seat): void {
    if (this.#ready.delete(seat)) this.#ready.add(seat);
  }

  leave(seat: Seat): void {
    this.#seats.delete(seat);
    this.#ready.delete(seat);
    this.#isolation.back(seat);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      this.#dueMs = undefined;
      // Workers whose suspect has ended come back first, so that they get jobs in their usual turn now.
      this.#isolation.backIfDone();
      const seats = this.#nextSeats();
      this.#unserved = seats.length === 0;
      if (seats.length > 0) await this.#leaseUsual(seats).catch(this.#options.onError);
      else await this.#leaseGuests().catch(this.#options.onError);
      if (this.#suspectsWait || this.#isolation.inUse) {
        await this.#leaseSuspects().catch(this.#options.onError);
      }
    }
    // This runs in the same turn as the loop's last check, so no wake-up is lost in between.
    this.#running = false;
    this.#timer?.cancel();
    if (this.#closed) return;
    const { clock } = this.#options;
    const waitMs = Math.min(POLL_MS, (this.#dueMs ?? Infinity) - clock.nowMs());
    this.#timer = clock.after(waitMs, () => this.wake());
  }

  async #leaseSuspects(): Promise<void> {
    const nowMs = this.#options.clock.nowMs();
    if (!this.#suspectsWait) this.#isolation.backIfUnused();
    const idle = this.#isolation.idle();
    if (idle.length === 0 && this.#suspectsWait && nowMs >= this.#noIsolationUntilMs) {
      this.#isolation.setAside(this.#seats);
      idle.push(...this.#isolation.idle());
    }
    if (idle.length === 0) return;
    for (const seat of idle) seat.reserve(1);
    const take = (seat: Seat, leases: readonly Lease[]) => seat.take(leases, 1, true);
    await this.#lease(idle, idle.length, take, { alone: true });
    const unused = this.#isolation.idle();
    if (unused.length > 0) this.#noIsolationUntilMs = nowMs + POLL_MS;
    for (const seat of unused) this.#isolation.back(seat);
  }

  /** Leases guests: for each worker whose slots are all taken, one job of a key that has no job running in that worker. */
  async #leaseGuests(): Promise<void> {
    const nowMs = this.#options.clock.nowMs();
    if (nowMs < this.#noGuestsUntilMs) return;
    this.#noGuestsUntilMs = nowMs + GUESTS_EVERY_MS;
    const hosts = [...this.#seats].filter((seat) => seat.takesGuest);
    hosts.sort((a, b) => a.keys.length - b.keys.length);
    for (const host of hosts.slice(0, HOSTS_AT_ONCE)) {
      host.reserveGuest();
      const take = (_: Seat, leases: readonly Lease[]) => host.takeGuest(leases);
      if ((await this.#lease([host], 1, take, { except: host.keys })) === 0) return;
    }
  }

  /** Leases the same number of jobs for each seat: the smallest number of free slots among them. */
  #leaseUsual(seats: readonly Seat[]): Promise<number> {
    const most = Math.floor(LEASES_PER_CALL / seats.length);
    const each = Math.min(most, ...seats.map((seat) => seat.free));
    for (const seat of seats) seat.reserve(each);
    const take = (seat: Seat, leases: readonly Lease[]) => seat.take(leases, each, false);
    return this.#lease(seats, each * seats.length, take);
  }

  /** Leases jobs and deals them to the seats in turn. Returns the number of jobs. */
  async #lease(
    seats: readonly Seat[],
    count: number,
    take: (seat: Seat, leases: readonly Lease[]) => boolean,
    rare?: Pick<LeaseRequest, "alone" | "except">,
  ): Promise<number> {
    const { engine, leaseMs } = this.#options;
    let leases: readonly Lease[] = [];
    try {
      const request = {
        ...{ queue: this.queue, count, leaseMs, ...rare },
        ...{ pools: this.#pools, types: this.#types },
        workerId: seats.map((seat) => seat.workerId),
      };
      const result = await unlessOutage(engine.lease(request));
      leases = result?.leases ?? [];
      this.#suspectsWait = result?.suspectsWait ?? false;
      this.#dueMs = Math.min(this.#dueMs ?? Infinity, result?.nextDueMs ?? Infinity);
      // This is set before the seats take their jobs: a seat with free slots then asks only if more jobs may wait.
      const isFull = leases.length === count;
      if (rare === undefined) this.#unserved = isFull;
      this.#again ||= isFull;
    } finally {
      const shares = seats.map((): Lease[] => []);
      for (const [index, lease] of leases.entries()) shares[index % seats.length]?.push(lease);
      const refused = shares.filter((share, turn) => !take(seats[turn] as Seat, share)).flat();
      if (refused.length > 0) {
        await unlessOutage(engine.settle(refused.map((lease) => ({ ...lease, kind: "release" }))));
      }
    }
    return leases.length;
  }

  /**
   * Returns the seats with a free slot, as many as one call can serve. They keep their places in line. Jobs go to the first
   * ones, and only a seat that gets a job moves to the end. A full seat leaves the line, and joins it at the end once it has
   * a free slot.
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
