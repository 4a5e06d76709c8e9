import { type BackoffPolicy, backoffMs, type Random } from "@millrace/shared";
import type { DecidedReport } from "./provider-report.ts";

/** How long a job that names no pool waits by itself: half a second or so, and twice as long after each refusal, up to a minute. */
const ALONE: BackoffPolicy = { initialMs: 750, maxMs: 60_000, factor: 2, jitter: 0.5 };
/** How long after the next probe a job comes back that was the last one: so that each probe is of another job, if there is one. */
const AFTER_PROBE_MS = 1_000;

/** An attempt whose provider refused it, or failed. */
export interface ReportedAttempt {
  readonly report: DecidedReport;
  /** Of the account of the job's pool; left out: the job names no pool. */
  readonly verdict:
    | {
        readonly kind: "COUNTED" | "PAUSED" | "PROBE" | "EXHAUSTED";
        readonly coolUntilMs?: number;
        readonly episode?: string;
      }
    | undefined;
  /** How often the job was bounced before. */
  readonly bounces: number;
  readonly nowMs: number;
}

export interface Bounce {
  readonly delayMs: number;
  /** Bounces of one episode count as one. Left out: it counts by itself. */
  readonly episode?: string;
}

/** How a job goes back to wait for its provider, with no attempt spent; undefined: its attempt has failed as others do. */
export function bounceOf(attempt: ReportedAttempt, random: Random): Bounce | undefined {
  const { report, verdict, bounces, nowMs } = attempt;
  if (verdict === undefined) {
    if (report.kind !== "refused") return undefined;
    return { delayMs: Math.max(backoffMs(ALONE, bounces + 1, random), report.askedMs) };
  }
  const { kind, coolUntilMs = nowMs, episode } = verdict;
  if (kind === "PAUSED") return { delayMs: 0, ...(episode === undefined ? {} : { episode }) };
  if (kind !== "PROBE") return undefined;
  const delayMs = Math.max(0, coolUntilMs - nowMs) + AFTER_PROBE_MS;
  // A probe that fails may be the job's own fault: each counts by itself, so that such a job comes to its end.
  return report.kind === "failed" || episode === undefined ? { delayMs } : { delayMs, episode };
}
