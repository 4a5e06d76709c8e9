import type { Engine, Lease, LeaseRequest } from "@millrace/engine";
import type { Clock, QueueName, TimerHandle } from "@millrace/shared";
import { orAway } from "../store/store-outage.ts";
import { Isolation } from "./isolation.ts";
import type { Seat, SeatLine } from "./seat.ts";

/** How many jobs one call takes: their payloads are in memory at once. */
const LEASES_PER_CALL = 256;
/** Signals are hints: how long a job may wait for one that was lost. */
const POLL_MS = 1_000;
/** How often guests are looked for, and for how many workers at once. */
const GUESTS_EVERY_MS = 250;
const HOSTS_AT_ONCE = 16;

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
export class Line implements SeatLine {
  readonly queue: QueueName;
  readonly #pools: readonly string[];
  readonly #types: readonly string[];
  readonly #options: LineOptions;
  readonly #seats = new Set<Seat>();
  /** Seats that may have a free slot, the one that has had no job for longest first. */
  readonly #ready = new Set<Seat>();
  readonly #isolation = new Isolation(() => this.wake());
  /** There may be jobs that nobody had a slot for. */
  #unserved = true;
  #suspectsWait = false;
  /** No worker is set aside before: there was nothing for the one before. */
  #noneAsideUntilMs = 0;
  #noGuestsUntilMs = 0;
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

  join(seat: Seat): void {
    this.#seats.add(seat);
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
      // Before others are asked for: whoever had a suspect is given what came first now.
      this.#isolation.backIfDone();
      const seats = this.#nextSeats();
      this.#unserved = seats.length === 0;
      if (seats.length > 0) await this.#leaseUsual(seats).catch(this.#options.onError);
      else await this.#leaseGuests().catch(this.#options.onError);
      if (this.#suspectsWait || this.#isolation.inUse) {
        await this.#leaseSuspects().catch(this.#options.onError);
      }
    }
    // In the same turn as the loop's last look, so that no wake falls between.
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
    if (idle.length === 0 && this.#suspectsWait && nowMs >= this.#noneAsideUntilMs) {
      this.#isolation.setAside(this.#seats);
      idle.push(...this.#isolation.idle());
    }
    if (idle.length === 0) return;
    for (const seat of idle) seat.reserve(1);
    const take = (seat: Seat, leases: readonly Lease[]) => seat.take(leases, 1, true);
    await this.#lease(idle, idle.length, take, { alone: true });
    const unused = this.#isolation.idle();
    if (unused.length > 0) this.#noneAsideUntilMs = nowMs + POLL_MS;
    for (const seat of unused) this.#isolation.back(seat);
  }

  /** For workers whose slots are all taken: a job of a key that has nothing running there, each. */
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

  /** Leases as many jobs for each of the seats as all of them take. */
  #leaseUsual(seats: readonly Seat[]): Promise<number> {
    const most = Math.floor(LEASES_PER_CALL / seats.length);
    const each = Math.min(most, ...seats.map((seat) => seat.free));
    for (const seat of seats) seat.reserve(each);
    const take = (seat: Seat, leases: readonly Lease[]) => seat.take(leases, each, false);
    return this.#lease(seats, each * seats.length, take);
  }

  /** Leases jobs for seats, which take turns. Returns how many there were. */
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
      const result = await orAway(engine.lease(request));
      leases = result?.leases ?? [];
      this.#suspectsWait = result?.suspectsWait ?? false;
      this.#dueMs = Math.min(this.#dueMs ?? Infinity, result?.nextDueMs ?? Infinity);
      // Before seats are told of: what they have free is asked for only if there may be more.
      const isFull = leases.length === count;
      if (rare === undefined) this.#unserved = isFull;
      this.#again ||= isFull;
    } finally {
      const shares = seats.map((): Lease[] => []);
      for (const [at, lease] of leases.entries()) shares[at % seats.length]?.push(lease);
      const refused = shares.filter((share, turn) => !take(seats[turn] as Seat, share)).flat();
      if (refused.length > 0) {
        await orAway(engine.settle(refused.map((lease) => ({ ...lease, kind: "release" }))));
      }
    }
    return leases.length;
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
