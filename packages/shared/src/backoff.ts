import type { Random } from "./random.ts";

export interface BackoffPolicy {
  /** The wait before the second attempt, before jitter, in milliseconds. */
  readonly initialMs: number;
  /** The longest wait before jitter, in milliseconds. */
  readonly maxMs: number;
  /** The factor of the wait from one attempt to the next, 1 or more. */
  readonly factor: number;
  /** The share of the wait that jitter may take away, from 0 (none) to 1 (all). */
  readonly jitter: number;
}

export const defaultBackoff: BackoffPolicy = {
  initialMs: 2_000,
  maxMs: 300_000,
  factor: 2,
  jitter: 0.5,
};

/**
 * Returns the backoff in whole milliseconds after attempt number `attempt` (from 1) failed. Jitter only shortens
 * a wait, so `maxMs` is a true bound. With jitter 1 this is the "full jitter" of M. Brooker, "Exponential Backoff
 * And Jitter" (AWS Architecture Blog, 2015).
 */
export function backoffMs(policy: BackoffPolicy, attempt: number, random: Random): number {
  const grown = policy.initialMs * policy.factor ** Math.max(0, attempt - 1);
  const capped = Math.min(policy.maxMs, grown);
  return Math.round(capped * (1 - policy.jitter * random.next()));
}
