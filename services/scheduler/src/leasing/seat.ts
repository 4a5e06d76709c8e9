import type { Lease } from "@millrace/engine";
import { type JobId, parseJobId, type QueueName } from "@millrace/shared";

/** A connected worker, as its seat uses it. */
export interface SeatedWorker {
  readonly workerId: string;
  readonly queues: readonly QueueName[];
  /** The pools that the worker serves. It serves jobs without a pool in any case. */
  readonly pools: readonly string[];
  /** The job types that the worker has executors for. An empty list means all types. */
  readonly types: readonly string[];
  /** How many jobs the worker runs at once, not counting guests. */
  readonly slots: number;
  /** How many guests the worker takes beyond its slots. */
  readonly guestSlots: number;
  /** The jobs that the worker runs. */
  running(): readonly JobId[];
  /** Whether the worker's stream has ended. */
  isGone(): boolean;
  /** Sends jobs to the worker. Resolves once they are on their way; until then the seat gets no more jobs. */
  assign(leases: readonly Lease[]): Promise<void>;
  /** Passes on the cancel of a job, which may belong to another worker. */
  cancel(jobId: JobId): void;
}

/** A line, as its seats use it. */
export interface SeatLine {
  /** Called when the seat has free slots. */
  ready(seat: Seat): void;
  /** Called when the seat got jobs, from this line or from another one. */
  served(seat: Seat): void;
  leave(seat: Seat): void;
}

/**
 * A worker's seat in front of all lines that it stands in. A worker stands in one line per queue, but it has only one set
 * of free slots. The seat counts these slots for all its lines. A line reserves slots on the seat before it leases jobs, so
 * that two lines never fill the same slot.
 */
export class Seat {
  readonly #worker: SeatedWorker;
  readonly #lines: readonly SeatLine[];
  #slots = 0;
  /** Slots for which a line is leasing jobs at present. */
  #reserved = 0;
  /** Guests for which a line is leasing a job at present. */
  #reservedGuests = 0;
  #assigning = false;
  /** Set while the seat is set aside for a suspect. `given` says whether it got the suspect. */
  #aside: { readonly onChange: () => void; given: boolean } | undefined;
  #withdrawn = false;
  #turn = 0;

  constructor(worker: SeatedWorker, lines: readonly SeatLine[]) {
    this.#worker = worker;
    this.#lines = lines;
  }

  get workerId(): string {
    return this.#worker.workerId;
  }

  /** How many jobs the seat takes now. */
  get free(): number {
    return this.#aside === undefined && !this.#assigning ? this.#open : 0;
  }

  /** How many slots have no job, also those for which a call is under way: it may find none. */
  get unfilled(): number {
    return this.takesMore ? this.#slots + this.#reserved : 0;
  }

  /** Whether the worker is connected, not draining and not set aside. */
  get takesMore(): boolean {
    return !this.#withdrawn && !this.#worker.isGone() && this.#aside === undefined;
  }

  /** How many jobs the worker runs, or will get from a call under way. */
  get load(): number {
    return this.#worker.running().length + this.#reserved + this.#reservedGuests;
  }

  /** Whether all slots are taken and the worker has room for a guest. */
  get takesGuest(): boolean {
    const { slots, guestSlots } = this.#worker;
    const isFull = this.takesMore && !this.#assigning && this.#slots === 0;
    return isFull && this.load < slots + guestSlots;
  }

  /** The API keys whose jobs the worker runs. */
  get keys(): readonly string[] {
    return [...new Set(this.#worker.running().map((id) => parseJobId(id)?.keyId ?? ""))];
  }

  /** Whether the seat is set aside, runs nothing and can take a suspect. */
  get isIdle(): boolean {
    return this.#aside?.given === false && this.#runsNothing && this.#open > 0;
  }

  /** Whether the seat is set aside and still runs other jobs. */
  get isDraining(): boolean {
    return this.#aside?.given === false && !this.isIdle;
  }

  /** Whether the seat is set aside and its suspect has ended. */
  get isDone(): boolean {
    return this.#aside?.given === true && this.#runsNothing;
  }

  get #runsNothing(): boolean {
    return this.load === 0 && !this.#assigning;
  }

  get #open(): number {
    return this.#withdrawn || this.#worker.isGone() ? 0 : this.#slots;
  }

  /** Adds free slots that the worker offers. */
  offer(slots: number): void {
    this.#slots += slots;
    this.#aside?.onChange();
    this.#offerToLines();
  }

  /** Sets the seat aside: until `back`, it gets one suspect and no other job. `onChange` is called when it may be idle. */
  setAside(onChange: () => void): void {
    this.#aside = { onChange, given: false };
  }

  back(): void {
    this.#aside = undefined;
    this.#offerToLines();
  }

  /** Ends the worker's part in leasing: its free slots no longer count. The seat still passes on cancels. */
  withdraw(): void {
    this.#withdrawn = true;
    for (const line of this.#lines) line.leave(this);
  }

  /** Called when the worker has ended its last job. */
  emptied(): void {
    this.#aside?.onChange();
  }

  cancel(jobId: JobId): void {
    this.#worker.cancel(jobId);
  }

  /** Reserves slots, so that no other line fills them. */
  reserve(slots: number): void {
    this.#slots -= slots;
    this.#reserved += slots;
  }

  /**
   * Assigns jobs to `reserved` slots and frees the rest. `alone` marks a suspect. Returns false if the worker is gone
   * and the jobs must be released.
   */
  take(leases: readonly Lease[], reserved: number, alone: boolean): boolean {
    this.#reserved -= reserved;
    if (this.#withdrawn || this.#worker.isGone()) return false;
    this.#slots += reserved - leases.length;
    if (alone && leases.length > 0 && this.#aside !== undefined) this.#aside.given = true;
    this.#assign(leases);
    return true;
  }

  /** Reserves room for a guest, so that no other line fills it. */
  reserveGuest(): void {
    this.#reservedGuests += 1;
  }

  /** Assigns a guest, if there is one. Returns false if the worker is gone and the job must be released. */
  takeGuest(leases: readonly Lease[]): boolean {
    this.#reservedGuests -= 1;
    if (this.#withdrawn || this.#worker.isGone()) return false;
    this.#assign(leases);
    return true;
  }

  #assign(leases: readonly Lease[]): void {
    if (leases.length > 0) {
      this.#assigning = true;
      for (const line of this.#lines) line.served(this);
      void this.#worker.assign(leases).then(() => {
        this.#assigning = false;
        this.#offerToLines();
      });
    }
    this.#offerToLines();
  }

  /** Tells the lines about free slots. Another line comes first each time, so that all queues get their turn. */
  #offerToLines(): void {
    if (this.free === 0) return;
    const first = this.#turn++ % this.#lines.length;
    for (const line of [...this.#lines.slice(first), ...this.#lines.slice(0, first)]) {
      line.ready(this);
    }
  }
}
