import { type BackoffPolicy, type RetryOptions, retrying } from "@millrace/shared";
import type { CallOptions } from "./connect-options.ts";
import type { Connection } from "./connection.ts";
import { cancelledError, closedError, MillraceError } from "./millrace-error.ts";

const backoff: BackoffPolicy = { initialMs: 50, maxMs: 2_000, factor: 2, jitter: 0.5 };

/**
 * How every call of a client is tried again: after as long as its error says, or longer with each failure. The process
 * lives while it waits: without a connection nothing else may hold it. Ends when the signal aborts or the client is
 * closed.
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

/** With less than this left, an attempt may be late because its gateway is away. */
const LITTLE_MS = 1_000;

/** Makes a call that is safe to repeat until it is answered, within its deadline. */
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
      // That it was late says less than why.
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
