import { type BackoffPolicy, backoffMs, holdProcess, sleep } from "@millrace/shared";
import type { CallOptions } from "./connect-options.ts";
import type { Connection } from "./connection.ts";
import { cancelledError, closedError, MillraceError } from "./millrace-error.ts";

const backoff: BackoffPolicy = { initialMs: 50, maxMs: 2_000, factor: 2, jitter: 0.5 };

/**
 * Waits after a call has failed `failures` times in a row: as long as its error says, or longer with
 * each failure. Throws if the signal aborts, or the client is closed, meanwhile.
 */
export async function pauseAfter(
  connection: Connection,
  failures: number,
  error: MillraceError,
  { signal, atMostMs = Number.POSITIVE_INFINITY }: PauseOptions = {},
): Promise<void> {
  const waitMs = error.retryAfterMs ?? backoffMs(backoff, failures, connection.random);
  const stop =
    signal === undefined ? connection.closed : AbortSignal.any([signal, connection.closed]);
  // Without a connection nothing else may hold the process that waits.
  const held = holdProcess();
  await sleep(connection.clock, Math.min(waitMs, atMostMs), stop);
  held.release();
  if (signal?.aborted) throw cancelledError(signal);
  if (connection.closed.aborted) throw closedError();
}

interface PauseOptions {
  readonly signal?: AbortSignal | undefined;
  readonly atMostMs?: number;
}

/** With less than this left, an attempt may be late because its gateway is away. */
const LITTLE_MS = 1_000;

/** Makes a call that is safe to repeat until it is answered, within its deadline. */
export async function repeating<T>(
  connection: Connection,
  options: CallOptions,
  attempt: (deadlineAtMs: number) => Promise<T>,
): Promise<T> {
  const deadlineAtMs = connection.deadlineAtMs(options);
  let before: MillraceError | undefined;
  for (let failures = 1; ; failures += 1) {
    const hadMs = deadlineAtMs - connection.clock.nowMs();
    try {
      return await attempt(deadlineAtMs);
    } catch (error) {
      const isLate = error instanceof MillraceError && error.code === "DEADLINE_EXCEEDED";
      if (isLate && before !== undefined && hadMs < LITTLE_MS) throw before;
      if (!(error instanceof MillraceError) || error.code !== "UNAVAILABLE") throw error;
      if (connection.closed.aborted) throw error;
      const leftMs = deadlineAtMs - connection.clock.nowMs();
      await pauseAfter(connection, failures, error, { signal: options.signal, atMostMs: leftMs });
      // That it was late says less than why.
      if (connection.clock.nowMs() >= deadlineAtMs) throw error;
      before = error;
    }
  }
}
