import type { Random } from "./random.ts";

export interface BackoffPolicy {
  /** The wait before the second attempt, before jitter, in milliseconds. */
  readonly initialMs: number;
  /** The longest wait before jitter, in milliseconds. */
  readonly maxMs: number;
  /** What each further attempt multiplies the wait by, 1 or more. */
  readonly factor: number;
  /** The share of the wait that chance may take away, from 0 (none) to 1 (all of it). */
  readonly jitter: number;
}

export const defaultBackoff: BackoffPolicy = {
  initialMs: 2_000,
  maxMs: 300_000,
  factor: 2,
  jitter: 0.5,
};

/**
 * The wait in whole milliseconds after attempt number `attempt` (from 1) failed. Jitter only
 * shortens a wait, so that `maxMs` is a true bound; with jitter 1 it is the "full jitter" of
 * M. Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
 */
export function backoffMs(policy: BackoffPolicy, attempt: number, random: Random): number {
  const grown = policy.initialMs * policy.factor ** Math.max(0, attempt - 1);
  const capped = Math.min(policy.maxMs, grown);
  return Math.round(capped * (1 - policy.jitter * random.next()));
}
