/** The times that bound an attempt, in milliseconds since the Unix epoch. */
export interface TimeBounds {
  /** The latest finish. Left out: none. */
  readonly deadlineMs?: number;
}

export type DeadlineDecision =
  /** `untilMs`: when to look again. Left out: never. */
  | { readonly kind: "run"; readonly untilMs?: number }
  /** The worker has been asked to stop, or shall be now; the lease is revoked at `revokeAtMs`. */
  | { readonly kind: "stop"; readonly revokeAtMs: number }
  | { readonly kind: "revoke" };

/**
 * What the clock demands of a running attempt. A job's time is over at its deadline itself; its
 * worker then has `graceMs` to end by itself before the lease is taken away.
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

/** Whether a retry that would start at `startMs` could still finish in time. */
export function hasTimeLeft(bounds: TimeBounds, startMs: number): boolean {
  return bounds.deadlineMs === undefined || startMs < bounds.deadlineMs;
}
