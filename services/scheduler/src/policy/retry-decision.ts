import { type BackoffPolicy, backoffMs, type Random } from "@millrace/shared";

/** A failed attempt as its worker reported it. */
export interface FailedAttempt {
  /** From 1. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly backoff: BackoffPolicy;
  readonly retryable: boolean;
  /** The shortest wait that the worker asks for. */
  readonly retryAfterMs?: number;
}

export type RetryDecision =
  | { readonly kind: "retry"; readonly delayMs: number }
  | { readonly kind: "fail"; readonly why: "notRetryable" | "attemptsSpent" };

/**
 * Whether a failed attempt is followed by another, and after how long. A wait that the worker asks
 * for lengthens the backoff and never shortens it: a provider that says "at once" would otherwise
 * undo the backoff of every job that it fails.
 */
export function decideRetry(failed: FailedAttempt, random: Random): RetryDecision {
  if (!failed.retryable) return { kind: "fail", why: "notRetryable" };
  if (failed.attempt >= failed.maxAttempts) return { kind: "fail", why: "attemptsSpent" };
  const wait = backoffMs(failed.backoff, failed.attempt, random);
  return { kind: "retry", delayMs: Math.max(wait, failed.retryAfterMs ?? 0) };
}
