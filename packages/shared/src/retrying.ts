import { type BackoffPolicy, backoffMs } from "./backoff.ts";
import { type Clock, sleep } from "./clock.ts";
import { holdProcess } from "./hold-process.ts";
import type { Random } from "./random.ts";

export interface RetryOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly backoff: BackoffPolicy;
  /** Ends a wait. */
  readonly signal?: AbortSignal | undefined;
  /** What is thrown once the signal has ended a wait. Left out: the error that the wait was for. */
  readonly aborted?: (() => unknown) | undefined;
  /** When all tries have to be over, by the clock. Left out: never. */
  readonly untilMs?: number | undefined;
  /** How long tries may fail in a row, from the first of these failures on. Left out: for ever. */
  readonly patienceMs?: number | undefined;
  /** Whether another try may succeed. Left out: always. */
  readonly passes?: (error: unknown) => boolean;
  /** How long the peer asks to wait, where it does: the wait is as long then, and not the backoff. */
  readonly askedMs?: (error: unknown) => number | undefined;
  /** Told before each wait. */
  readonly onWait?: (error: unknown, waitMs: number) => void;
  /** What is thrown when the time is over, after tries have failed for so long. Left out: the last error. */
  readonly gaveUp?: (error: unknown, failingMs: number) => unknown;
  /** Whether a wait keeps the process alive: the clock's timers do not. Default false. */
  readonly keepsProcess?: boolean;
}

/** The tries of one thing that go on, with the wait after each that failed. */
export class Retries {
  readonly #options: RetryOptions;
  #failures = 0;
  #failingSinceMs: number | undefined;

  constructor(options: RetryOptions) {
    this.#options = options;
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** A try has come to something: the next failure is the first again. */
  progressed(): void {
    this.#failures = 0;
    this.#failingSinceMs = undefined;
  }

  /** Resolves when the next try is due. Throws at once if none is to be made, or if none would begin in time. */
  async failed(error: unknown): Promise<void> {
    const { clock, random, backoff, signal, keepsProcess = false, ...options } = this.#options;
    if (options.passes?.(error) === false) throw error;
    this.#failures += 1;
    const nowMs = clock.nowMs();
    this.#failingSinceMs ??= nowMs;
    const untilMs = Math.min(
      options.untilMs ?? Number.POSITIVE_INFINITY,
      this.#failingSinceMs + (options.patienceMs ?? Number.POSITIVE_INFINITY),
    );
    const waitMs = options.askedMs?.(error) ?? backoffMs(backoff, this.#failures, random);
    if (nowMs + waitMs >= untilMs) {
      throw options.gaveUp?.(error, nowMs - this.#failingSinceMs) ?? error;
    }
    options.onWait?.(error, waitMs);
    const held = keepsProcess ? holdProcess() : undefined;
    await sleep(clock, waitMs, signal);
    held?.release();
    if (signal?.aborted) throw options.aborted?.() ?? error;
  }
}

/** Makes a call, again after each failure that may pass, until it succeeds or the options say that it is over. */
export async function retrying<T>(
  call: (retries: Retries) => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  const retries = new Retries(options);
  for (;;) {
    try {
      return await call(retries);
    } catch (error) {
      await retries.failed(error);
    }
  }
}

/** As retrying, for a stream that goes on where it was cut: `open` tells of progress, and knows what it has sent. */
export async function* retryingStream<T>(
  open: (retries: Retries) => AsyncIterable<T>,
  options: RetryOptions,
): AsyncGenerator<T> {
  const retries = new Retries(options);
  for (;;) {
    try {
      yield* open(retries);
      return;
    } catch (error) {
      await retries.failed(error);
    }
  }
}
