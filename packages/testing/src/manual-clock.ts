import type { Clock, TimerHandle } from "@millrace/shared";

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #timers = new Set<Timer>();

  constructor(nowMs = 1_764_000_000_000) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  /** The number of timers that have neither run nor been cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  after(delayMs: number, run: () => void): TimerHandle {
    const atMs = this.#nowMs + Math.max(0, delayMs);
    const timer = { atMs, run };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /**
   * Moves time forward and runs each timer at its own time, in order, including timers that other timers set. It
   * is synchronous: promises that timers resolve are seen only after an await.
   */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (let due = this.#next(untilMs); due !== undefined; due = this.#next(untilMs)) {
      this.#timers.delete(due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.run();
    }
    this.#nowMs = untilMs;
  }

  /** Sets the clock forward or back without running timers, as an administrator or NTP does. */
  jump(byMs: number): void {
    this.#nowMs += byMs;
  }

  /** Returns the earliest due timer. Of several at one time, returns the one that was set first. */
  #next(untilMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs > untilMs) continue;
      if (first === undefined || timer.atMs < first.atMs) first = timer;
    }
    return first;
  }
}
