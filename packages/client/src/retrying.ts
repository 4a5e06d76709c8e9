import type {
  DescMessage,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
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
const SHORT_ATTEMPT_MS = 1_000;

/** Repeats a call that is safe to repeat until it is answered or its deadline passes. */
export function repeating<T>(
  connection: Connection,
  options: CallOptions,
  attempt: (deadlineAtMs: number) => Promise<T>,
): Promise<T> {
  const deadlineAtMs = connection.deadlineAtMs(options);
  let previousError: unknown;
  const once = async () => {
    const remainingMs = deadlineAtMs - connection.clock.nowMs();
    try {
      return await attempt(deadlineAtMs);
    } catch (error) {
      const isLate = error instanceof MillraceError && error.code === "DEADLINE_EXCEEDED";
      // The failure before tells the caller more than DEADLINE_EXCEEDED does.
      if (isLate && previousError !== undefined && remainingMs < SHORT_ATTEMPT_MS)
        throw previousError;
      previousError = error;
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

/**
 * Whether repeating the call may help. A broken connection appears under several gRPC codes, and never with a
 * Millrace reason.
 */
export const isCut = (error: unknown): boolean =>
  error instanceof MillraceError &&
  (error.retryable ||
    (error.reason === undefined && ["INTERNAL", "UNKNOWN", "CANCELLED"].includes(error.code)));

/** Makes calls with one answer that are safe to repeat, and repeats them until their deadline. */
export const asking =
  (connection: Connection) =>
  <I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    call: CallOptions,
  ): Promise<MessageShape<O>> =>
    repeating(connection, call, (deadlineAtMs) =>
      connection.unary(method, request, deadlineAtMs, call.signal),
    );

/** Makes a call that has a second effect if it is repeated: once, when the client is connected. */
export const askingOnce =
  (connection: Connection) =>
  async <I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    call: CallOptions,
  ): Promise<MessageShape<O>> => {
    const deadlineAtMs = connection.deadlineAtMs(call);
    await connection.ready(deadlineAtMs);
    return connection.unary(method, request, deadlineAtMs, call.signal);
  };

/** Returns a part of an answer that every answer has. */
export function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the gateway answered with an empty message");
  return value;
}
