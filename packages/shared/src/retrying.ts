import { type BackoffPolicy, backoffMs } from "./backoff.ts";
import { type Clock, sleep } from "./clock.ts";
import { holdProcess } from "./hold-process.ts";
import type { Random } from "./random.ts";

export interface RetryOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly backoff: BackoffPolicy;
  /** Aborting it ends a wait. */
  readonly signal?: AbortSignal | undefined;
  /** Returns the error to throw once the signal has ended a wait. Default: the error before the wait. */
  readonly aborted?: (() => unknown) | undefined;
  /** The time at which all tries must be over. Default: no limit. */
  readonly untilMs?: number | undefined;
  /** How long tries may fail in a row, counted from the first failure. Default: for ever. */
  readonly patienceMs?: number | undefined;
  /** Whether another try may succeed. Default: always. */
  readonly passes?: (error: unknown) => boolean;
  /**
   * The delay that the peer asks for, in milliseconds. It replaces the backoff. Undefined if the peer asks for
   * none.
   */
  readonly askedMs?: (error: unknown) => number | undefined;
  /** Called before each wait. */
  readonly onWait?: (error: unknown, waitMs: number) => void;
  /** Returns the error to throw when time is up, given how long tries have failed. Default: the last error. */
  readonly gaveUp?: (error: unknown, failingMs: number) => unknown;
  /** Whether a wait keeps the process alive, which the clock's timers do not. Default false. */
  readonly keepsProcess?: boolean;
}

/** Counts failed tries and waits before the next one. */
export class Retries {
  readonly #options: RetryOptions;
  #failures = 0;
  #failingSinceMs: number | undefined;

  constructor(options: RetryOptions) {
    this.#options = options;
  }

  /** The number of failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** Records progress: the next failure counts as the first again. */
  progressed(): void {
    this.#failures = 0;
    this.#failingSinceMs = undefined;
  }

  /** Resolves when the next try is due. Throws at once if another try is not allowed or would begin too late. */
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

/**
 * Makes a call, and repeats it after each failure that may pass. It ends when the call succeeds or the options
 * end it.
 */
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

/**
 * Like `retrying`, for a stream that continues where it was cut. `open` reports progress, and must know what it
 * has yielded already.
 */
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
