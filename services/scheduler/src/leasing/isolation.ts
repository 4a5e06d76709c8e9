import type { Seat } from "./seat.ts";

/**
 * The workers of a line that are set aside for suspects: each is given nothing until it is idle, then one
 * suspect, and is back once that has ended. Half of the workers at most, and at least one, so that other jobs go on.
 */
export class Isolation {
  readonly #aside = new Set<Seat>();
  /** Told when one that is set aside may be idle. */
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get inUse(): boolean {
    return this.#aside.size > 0;
  }

  /** Sets aside the worker that runs least, if one may be. One at a time is made idle. */
  setAside(seats: ReadonlySet<Seat>): void {
    if ([...this.#aside].some((seat) => seat.isDraining)) return;
    const most = Math.max(1, Math.floor(seats.size / 2));
    if (this.#aside.size >= most) return;
    const [least] = [...seats].filter((seat) => seat.takesMore).sort((a, b) => a.load - b.load);
    if (least === undefined) return;
    least.setAside(this.#onChange);
    this.#aside.add(least);
  }

  /** Those that run nothing, and may be given a suspect. */
  idle(): Seat[] {
    return [...this.#aside].filter((seat) => seat.isIdle);
  }

  /** Those whose suspect has ended take other jobs again. */
  backIfDone(): void {
    for (const seat of this.#aside) if (seat.isDone) this.back(seat);
  }

  /** No suspect waits any more. */
  backIfUnused(): void {
    for (const seat of this.#aside) if (seat.isDraining || seat.isIdle) this.back(seat);
  }

  /** A worker takes other jobs again, or is gone. */
  back(seat: Seat): void {
    if (this.#aside.delete(seat)) seat.back();
  }
}
