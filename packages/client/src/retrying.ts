import { type BackoffPolicy, type RetryOptions, retrying } from "@millrace/shared";
import type { CallOptions } from "./connect-options.ts";
import type { Connection } from "./connection.ts";
import { cancelledError, closedError, MillraceError } from "./millrace-error.ts";

const backoff: BackoffPolicy = { initialMs: 50, maxMs: 2_000, factor: 2, jitter: 0.5 };

/**
 * How the client retries every call: after the delay that the error names, or with exponential backoff. The wait
 * keeps the process alive, because without a connection nothing else may. Retrying ends when the signal aborts or
 * the client is closed.
 */
export const retryOptions = (
  { clock, random, closed }: Connection,
  signal?: AbortSignal | undefined,
): RetryOptions => ({
  ...{ clock, random, backoff, keepsProcess: true },
  signal: signal === undefined ? closed : AbortSignal.any([signal, closed]),
  aborted: () => (signal?.aborted ? cancelledError(signal) : closedError()),
  askedMs: (error) => (error instanceof MillraceError ? error.retryAfterMs : undefined),
});

/** With less time than this left, an attempt may exceed its deadline because its gateway is away. */
const LITTLE_MS = 1_000;

/** Repeats a call that is safe to repeat until it is answered or its deadline passes. */
export function repeating<T>(
  connection: Connection,
  options: CallOptions,
  attempt: (deadlineAtMs: number) => Promise<T>,
): Promise<T> {
  const deadlineAtMs = connection.deadlineAtMs(options);
  let before: unknown;
  const once = async () => {
    const hadMs = deadlineAtMs - connection.clock.nowMs();
    try {
      return await attempt(deadlineAtMs);
    } catch (error) {
      const isLate = error instanceof MillraceError && error.code === "DEADLINE_EXCEEDED";
      // The failure before tells the caller more than DEADLINE_EXCEEDED does.
      if (isLate && before !== undefined && hadMs < LITTLE_MS) throw before;
      before = error;
      throw error;
    }
  };
  return retrying(once, {
    ...retryOptions(connection, options.signal),
    untilMs: deadlineAtMs,
    passes: (error) =>
      error instanceof MillraceError && error.code === "UNAVAILABLE" && !connection.closed.aborted,
  });
}
