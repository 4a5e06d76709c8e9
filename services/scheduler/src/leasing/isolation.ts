import type { Seat } from "./seat.ts";

/**
 * The workers of a line that are set aside for suspects. A suspect must run alone. So a worker that is set aside gets no
 * job until it is idle, then one suspect, and other jobs again when the suspect has ended. At most half of the workers
 * are set aside, but at least one may be, so that other jobs go on.
 */
export class Isolation {
  readonly #aside = new Set<Seat>();
  /** Called when a worker that is set aside may be idle. */
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get inUse(): boolean {
    return this.#aside.size > 0;
  }

  /** Sets aside the worker with the fewest jobs, if another one may be set aside. Only one at a time is emptied. */
  setAside(seats: ReadonlySet<Seat>): void {
    if ([...this.#aside].some((seat) => seat.isDraining)) return;
    const most = Math.max(1, Math.floor(seats.size / 2));
    if (this.#aside.size >= most) return;
    const [least] = [...seats].filter((seat) => seat.takesMore).sort((a, b) => a.load - b.load);
    if (least === undefined) return;
    least.setAside(this.#onChange);
    this.#aside.add(least);
  }

  /** The workers that are set aside and run nothing: each may get a suspect. */
  idle(): Seat[] {
    return [...this.#aside].filter((seat) => seat.isIdle);
  }

  /** Gives other jobs again to the workers whose suspect has ended. */
  backIfDone(): void {
    for (const seat of this.#aside) if (seat.isDone) this.back(seat);
  }

  /** Gives other jobs again to the workers that got no suspect, because none waits any more. */
  backIfUnused(): void {
    for (const seat of this.#aside) if (seat.isDraining || seat.isIdle) this.back(seat);
  }

  /** Gives a worker other jobs again, or forgets a worker that is gone. */
  back(seat: Seat): void {
    if (this.#aside.delete(seat)) seat.back();
  }
}
