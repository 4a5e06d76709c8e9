import { type BackoffPolicy, backoffMs, type Random } from "@millrace/shared";
import type { DecidedReport } from "./provider-report.ts";

/** The backoff of a bounced job without a pool: about half a second, doubled after each refusal, up to a minute. */
const ALONE: BackoffPolicy = { initialMs: 750, maxMs: 60_000, factor: 2, jitter: 0.5 };
/** How long after the next probe the last probing job comes back, so that the next probe is another job if there is one. */
const AFTER_PROBE_MS = 1_000;

/** An attempt whose provider refused it or failed. */
export interface ReportedAttempt {
  readonly report: DecidedReport;
  /** The verdict on the account of the job's pool or route. Left out if the job names neither pool nor model. */
  readonly verdict:
    | {
        readonly kind: "COUNTED" | "COOLING" | "PROBE" | "EXHAUSTED";
        readonly coolUntilMs?: number;
        readonly episode?: string;
      }
    | undefined;
  /** The job's model has a route on another account. */
  readonly hasOthers?: boolean;
  /** How often the job was bounced before. */
  readonly bounces: number;
  readonly nowMs: number;
}

export interface Bounce {
  readonly delayMs: number;
  /** Bounces of the same episode count once. Without an episode, a bounce counts by itself. */
  readonly episode?: string;
}

/**
 * Decides how a job waits for its provider again without spending an attempt. Returns undefined if the attempt has
 * failed like any other.
 */
export function bounceOf(attempt: ReportedAttempt, random: Random): Bounce | undefined {
  const { report, verdict, hasOthers = false, bounces, nowMs } = attempt;
  if (verdict === undefined) {
    if (report.kind !== "refused") return undefined;
    return { delayMs: Math.max(backoffMs(ALONE, bounces + 1, random), report.askedMs) };
  }
  const { kind, coolUntilMs = nowMs, episode } = verdict;
  if (kind === "COOLING") return { delayMs: 0, ...(episode === undefined ? {} : { episode }) };
  // The account starts no more jobs, so this job goes to another one, and loses nothing by it.
  if (kind === "EXHAUSTED" && hasOthers) return { delayMs: 0 };
  if (kind !== "PROBE") return undefined;
  const delayMs = Math.max(0, coolUntilMs - nowMs) + AFTER_PROBE_MS;
  // A failed probe may be the job's own fault. Such bounces count one by one, so that the job ends at its limit.
  return report.kind === "failed" || episode === undefined ? { delayMs } : { delayMs, episode };
}
