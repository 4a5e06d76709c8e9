import { type BackoffPolicy, backoffMs, type Random } from "@millrace/shared";

/** A failed attempt as its worker reported it. */
export interface FailedAttempt {
  /** Counts from 1. */
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
 * Decides whether a failed attempt is followed by another, and after which backoff. A wait that the worker asks for may
 * lengthen the backoff but never shorten it. Otherwise a provider that asks for no wait would undo the backoff of
 * every job that it fails.
 */
export function decideRetry(failed: FailedAttempt, random: Random): RetryDecision {
  if (!failed.retryable) return { kind: "fail", why: "notRetryable" };
  if (failed.attempt >= failed.maxAttempts) return { kind: "fail", why: "attemptsSpent" };
  const wait = backoffMs(failed.backoff, failed.attempt, random);
  return { kind: "retry", delayMs: Math.max(wait, failed.retryAfterMs ?? 0) };
}
