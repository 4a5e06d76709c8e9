import type { Lease } from "@millrace/engine";
import { type JobId, parseJobId, type QueueName } from "@millrace/shared";

/** A worker that takes jobs. */
export interface Taker {
  readonly workerId: string;
  readonly queues: readonly QueueName[];
  /** That it serves besides jobs that name none. */
  readonly pools: readonly string[];
  /** The job types that it has executors for; none: any. */
  readonly types: readonly string[];
  /** How many jobs it runs at once, guests aside. */
  readonly slots: number;
  /** How many it takes beyond its slots, each of a key that has nothing running there. */
  readonly guestSlots: number;
  /** The jobs that it runs. */
  running(): readonly JobId[];
  /** Its stream is over. */
  isGone(): boolean;
  /** Jobs for it. Resolves once they are on their way: until then it gets no more. */
  assign(leases: readonly Lease[]): Promise<void>;
  /** A job's cancel was asked for, which may be one of its own. */
  cancel(jobId: JobId): void;
}

/** What a seat tells a line that it stands in. */
export interface SeatLine {
  /** The seat has free slots. */
  ready(seat: Seat): void;
  /** The seat was given jobs, by this line or by another one that it stands in. */
  served(seat: Seat): void;
  leave(seat: Seat): void;
}

/** A worker's place in the lines that it stands in, with the slots that it has free. */
export class Seat {
  readonly #taker: Taker;
  readonly #lines: readonly SeatLine[];
  #slots = 0;
  /** Of slots, those that a line has asked jobs for. */
  #reserved = 0;
  #assigning = false;
  /** Set aside for a suspect: whom to tell when it may be idle, and whether it was given one. */
  #aside: { readonly onChange: () => void; given: boolean } | undefined;
  #withdrawn = false;
  #turn = 0;

  constructor(taker: Taker, lines: readonly SeatLine[]) {
    this.#taker = taker;
    this.#lines = lines;
  }

  get workerId(): string {
    return this.#taker.workerId;
  }

  /** How many jobs it takes now. */
  get free(): number {
    return this.#aside === undefined && !this.#assigning ? this.#open : 0;
  }

  /** Not gone, not leaving, and not set aside. */
  get takesMore(): boolean {
    return !this.#withdrawn && !this.#taker.isGone() && this.#aside === undefined;
  }

  /** How many jobs it runs, or is about to. */
  get load(): number {
    return this.#taker.running().length + this.#reserved;
  }

  /** All slots are taken, and it takes a guest. */
  get takesGuest(): boolean {
    const { slots, guestSlots } = this.#taker;
    const isFull = this.takesMore && !this.#assigning && this.#slots === 0;
    return isFull && this.load < slots + guestSlots;
  }

  /** The API keys whose jobs it runs. */
  get keys(): readonly string[] {
    return [...new Set(this.#taker.running().map((id) => parseJobId(id)?.keyId ?? ""))];
  }

  /** Set aside, running nothing, and able to take a suspect. */
  get isIdle(): boolean {
    return this.#aside?.given === false && this.#runsNothing && this.#open > 0;
  }

  /** Set aside, and not idle yet. */
  get isDraining(): boolean {
    return this.#aside?.given === false && !this.isIdle;
  }

  /** Set aside, and rid of its suspect. */
  get isDone(): boolean {
    return this.#aside?.given === true && this.#runsNothing;
  }

  get #runsNothing(): boolean {
    return this.load === 0 && !this.#assigning;
  }

  get #open(): number {
    return this.#withdrawn || this.#taker.isGone() ? 0 : this.#slots;
  }

  /** It takes this many jobs more. */
  offer(slots: number): void {
    this.#slots += slots;
    this.#aside?.onChange();
    this.#tell();
  }

  /** No line gives it jobs until it is back, but for one suspect. `onChange`: it may run nothing now. */
  setAside(onChange: () => void): void {
    this.#aside = { onChange, given: false };
  }

  back(): void {
    this.#aside = undefined;
    this.#tell();
  }

  /** It takes no more jobs: what it offered is void. It still hears of cancels. */
  withdraw(): void {
    this.#withdrawn = true;
    for (const line of this.#lines) line.leave(this);
  }

  /** It runs nothing any more. */
  emptied(): void {
    this.#aside?.onChange();
  }

  cancel(jobId: JobId): void {
    this.#taker.cancel(jobId);
  }

  /** Slots that no other line may fill meanwhile. */
  reserve(slots: number): void {
    this.#slots -= slots;
    this.#reserved += slots;
  }

  /** Fills slots out of `reserved`, and frees the rest. `alone`: with a suspect. False: it takes no more, and these go back. */
  take(leases: readonly Lease[], reserved: number, alone: boolean): boolean {
    this.#reserved -= reserved;
    if (this.#withdrawn || this.#taker.isGone()) return false;
    this.#slots += reserved - leases.length;
    if (alone && leases.length > 0 && this.#aside !== undefined) this.#aside.given = true;
    this.#assign(leases);
    return true;
  }

  /** Its place for a guest, which no other line may fill meanwhile. */
  reserveGuest(): void {
    this.#reserved += 1;
  }

  /** A guest, or none. False: it takes no more. */
  takeGuest(leases: readonly Lease[]): boolean {
    this.#reserved -= 1;
    if (this.#withdrawn || this.#taker.isGone()) return false;
    this.#assign(leases);
    return true;
  }

  #assign(leases: readonly Lease[]): void {
    if (leases.length > 0) {
      this.#assigning = true;
      for (const line of this.#lines) line.served(this);
      void this.#taker.assign(leases).then(() => {
        this.#assigning = false;
        this.#tell();
      });
    }
    this.#tell();
  }

  /** Each time another line is told first, so that all queues have their turn. */
  #tell(): void {
    if (this.free === 0) return;
    const first = this.#turn++ % this.#lines.length;
    for (const line of [...this.#lines.slice(first), ...this.#lines.slice(0, first)]) {
      line.ready(this);
    }
  }
}
