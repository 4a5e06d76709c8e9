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

  /** Timers set and neither run nor cancelled. */
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
   * Moves time forward, running each timer that falls due at its own time, in order, including
   * those that timers set on the way. Synchronous: promises they resolve are seen after an await.
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

  /** Sets the wall clock, back or forth, without running timers: what an administrator or NTP does. */
  jump(byMs: number): void {
    this.#nowMs += byMs;
  }

  /** The earliest due timer; of several at one time, the one set first. */
  #next(untilMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs > untilMs) continue;
      if (first === undefined || timer.atMs < first.atMs) first = timer;
    }
    return first;
  }
}
