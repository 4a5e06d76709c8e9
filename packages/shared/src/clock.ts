/** Time, passed as an argument, so that tests can advance it instead of waiting. */
export interface Clock {
  /** Whole milliseconds since the Unix epoch. */
  nowMs(): number;
  /**
   * Calls `run` once after `delayMs`; with 0 or less, at the next turn of the event loop. The handle cancels it.
   * A timer never keeps the process alive by itself.
   */
  after(delayMs: number, run: () => void): TimerHandle;
}

export interface TimerHandle {
  cancel(): void;
}

/** The longest delay of setTimeout. A longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(0, delayMs), MAX_TIMER_MS));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

/**
 * A monotonic clock: the system time at the start of the process, plus the time since. It does not jump when the
 * system clock is set.
 */
export const steadyClock: Clock = {
  nowMs: () => Math.floor(performance.timeOrigin + performance.now()),
  after: systemClock.after,
};

/** Resolves after `delayMs`, or as soon as `signal` aborts. It never rejects. */
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
