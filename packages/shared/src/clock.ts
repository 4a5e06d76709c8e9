/** Time as a constructor argument, so that tests advance it instead of waiting for it. */
export interface Clock {
  /** Whole milliseconds since the Unix epoch. */
  nowMs(): number;
  /**
   * Calls `run` once, `delayMs` from now (0 or less: at the next turn). The handle cancels it.
   * A timer never keeps the process alive by itself.
   */
  after(delayMs: number, run: () => void): TimerHandle;
}

export interface TimerHandle {
  cancel(): void;
}

/** setTimeout's longest delay; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(0, delayMs), MAX_TIMER_MS));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** The machine's time when the process began, and on from there: it does not jump when somebody sets the clock. */
export const steadyClock: Clock = {
  nowMs: () => Math.floor(performance.timeOrigin + performance.now()),
  after: systemClock.after,
};

/** Resolves `delayMs` from now, or as soon as `signal` aborts: it never rejects. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      timer.cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.after(delayMs, done);
    signal?.addEventListener("abort", done, { once: true });
  });
}
