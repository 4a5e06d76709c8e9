import { type BackoffPolicy, backoffMs, sleep } from "@millrace/shared";
import type { CallOptions } from "./connect-options.ts";
import type { Connection } from "./connection.ts";
import { cancelledError, closedError, MillraceError } from "./millrace-error.ts";

const backoff: BackoffPolicy = { initialMs: 50, maxMs: 2_000, factor: 2, jitter: 0.5 };

/** Waits before try number `failures + 1`, as long as the error says or longer with each failure. */
export async function pauseBefore(
  connection: Connection,
  failures: number,
  error: MillraceError,
  signal: AbortSignal | undefined,
): Promise<void> {
  const waitMs = pauseMs(connection, failures, error);
  const stop =
    signal === undefined ? connection.closed : AbortSignal.any([signal, connection.closed]);
  await sleep(connection.clock, waitMs, stop);
  if (signal?.aborted) throw cancelledError(signal);
  if (connection.closed.aborted) throw closedError();
}

const pauseMs = (connection: Connection, failures: number, error: MillraceError): number =>
  error.retryAfterMs ?? backoffMs(backoff, failures, connection.random);

/** Makes a call that is safe to repeat until it is answered, within its deadline. */
export async function repeating<T>(
  connection: Connection,
  options: CallOptions,
  attempt: (deadlineAtMs: number) => Promise<T>,
): Promise<T> {
  const deadlineAtMs = connection.deadlineAtMs(options);
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt(deadlineAtMs);
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== "UNAVAILABLE") throw error;
      if (connection.closed.aborted || connection.clock.nowMs() >= deadlineAtMs) throw error;
      await pauseBefore(connection, failures, error, options.signal);
    }
  }
}
