import { type BackoffPolicy, backoffMs, type Random } from "@millrace/shared";
import type { Bounce } from "./bounce.ts";
import { hasTimeLeft, type TimeBounds } from "./deadline-decision.ts";

/** Why schedulers refuse to store a child or a document of a running attempt. Each of them passes when other jobs have ended. */
const noRoom: ReadonlySet<string> = new Set(["DEPTH_FULL", "STORED_BYTES_FULL", "STORE_FULL"]);

/** Workers have repeated the call for 30 s. The slot is then free for about as long, because the jobs that make room may need it. */
const BACKOFF: BackoffPolicy = { initialMs: 20_000, maxMs: 60_000, factor: 2, jitter: 0.5 };
/** However long the wait lasts, it is one episode. */
const EPISODE = "room";

/** An attempt that has failed. */
export interface RefusedAttempt extends TimeBounds {
  readonly reason: string;
  /** How often the job was bounced before. */
  readonly bounces: number;
  /** The shortest wait that the worker asks for. */
  readonly retryAfterMs: number;
  readonly nowMs: number;
}

/**
 * Decides how a job waits for room for what it wants to store, without spending an attempt. Returns undefined if the attempt has
 * failed like any other. A job without a deadline would wait for ever, so its attempts count.
 */
export function roomWait(attempt: RefusedAttempt, random: Random): Bounce | undefined {
  const { reason, bounces, retryAfterMs, nowMs } = attempt;
  if (!noRoom.has(reason) || attempt.deadlineMs === undefined) return undefined;
  const delayMs = Math.max(backoffMs(BACKOFF, bounces + 1, random), retryAfterMs);
  return hasTimeLeft(attempt, nowMs + delayMs) ? { delayMs, episode: EPISODE } : undefined;
}
