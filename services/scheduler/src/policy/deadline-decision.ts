/** The times that bound an attempt, in milliseconds since the Unix epoch. */
export interface TimeBounds {
  /** The latest time to finish. Left out if there is none. */
  readonly deadlineMs?: number;
}

export type DeadlineDecision =
  /** `untilMs`: when to decide again. Left out if that is never. */
  | { readonly kind: "run"; readonly untilMs?: number }
  /** The worker must stop, and may have been asked already. The lease is revoked at `revokeAtMs`. */
  | { readonly kind: "stop"; readonly revokeAtMs: number }
  | { readonly kind: "revoke" };

/**
 * Decides what the deadline demands of a running attempt. A job's time ends at its deadline. Its worker then has
 * `graceMs` to stop before the lease is taken away.
 */
export function decideDeadline(
  bounds: TimeBounds,
  nowMs: number,
  graceMs: number,
): DeadlineDecision {
  const { deadlineMs } = bounds;
  if (deadlineMs === undefined) return { kind: "run" };
  if (nowMs < deadlineMs) return { kind: "run", untilMs: deadlineMs };
  const revokeAtMs = deadlineMs + graceMs;
  return nowMs < revokeAtMs ? { kind: "stop", revokeAtMs } : { kind: "revoke" };
}

/** Whether a retry that starts at `startMs` can still meet the deadline. */
export function hasTimeLeft(bounds: TimeBounds, startMs: number): boolean {
  return bounds.deadlineMs === undefined || startMs < bounds.deadlineMs;
}
