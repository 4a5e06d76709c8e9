/** How attempts end, and what their schedulers report about the provider before. */
import type { Engine, Lease, ProviderReport, Settlement } from "@millrace/engine";
import { expect } from "vitest";
import { ACCOUNT, usesAccount } from "./account.ts";
import type { Journal } from "./journal.ts";

const failure = { reason: "NO", message: "no", retryable: true };

/**
 * Reports to the provider account. The first report for a pool without an account creates one, and the other
 * replica learns of it.
 */
export async function report(
  engine: Engine,
  journal: Journal,
  lease: Lease | undefined,
  providerReport: ProviderReport,
) {
  const made = !journal.accountIsThere;
  if (made) {
    journal.accountMade();
    journal.account({ name: ACCOUNT });
  }
  const verdict = await engine.providerAccounts.report(ACCOUNT, providerReport);
  if (made) journal.bothHear();
  journal.reported(lease?.jobId, providerReport, verdict);
  return verdict;
}

/** Checks that a bounce during a cool-down spends no attempt, unless the job has had too many bounces. */
export async function spendsNoAttempt(engine: Engine, lease: Lease): Promise<void> {
  const [record] = await engine.getJobs([lease.jobId], "summary");
  if (record?.state !== "QUEUED" || (record.bounces ?? 0) > 3) return;
  expect(record.attempt, "attempts of a job that was bounced").toBe(lease.attempt - 1);
}

/** Returns how an attempt ends, after its scheduler has reported what the provider did. */
export async function settlementAfter(
  engine: Engine,
  journal: Journal,
  lease: Lease,
  { as, spent }: { readonly as: string; readonly spent?: number | undefined },
): Promise<Settlement> {
  if (!usesAccount(lease) || (as !== "bounce" && as !== "down")) {
    return settlementOf(lease, as === "down" ? "retry" : as, spent);
  }
  const attempt = { jobId: lease.jobId, startedMs: lease.job.startedAtMs ?? 0 };
  const providerReport: ProviderReport =
    as === "down" ? { kind: "failed", attempt } : { kind: "refused", askedMs: 2_000, attempt };
  const { kind, episode } = await report(engine, journal, lease, providerReport);
  const accountFailed = lease.route !== undefined;
  if (kind === "COUNTED") return { ...settlementOf(lease, "retry", spent), accountFailed };
  if (kind === "PROBE") return { ...lease, kind: "bounce", delayMs: 3_000, failure, accountFailed };
  return {
    ...{ ...lease, accountFailed },
    kind: "bounce",
    delayMs: 0,
    failure,
    ...(episode === undefined ? {} : { episode }),
  };
}

export function settlementOf(lease: Lease, as: string, spent: number | undefined): Settlement {
  const model = (spent ?? 0) > 1_000 ? "large" : "small";
  const usage =
    spent === undefined
      ? {}
      : { usage: { inputTokens: spent, outputTokens: 0, providerCalls: 1, model } };
  switch (as) {
    case "complete":
      return { ...lease, kind: "complete", resultJson: "1", ...usage };
    case "fail":
      return { ...lease, kind: "fail", state: "FAILED", failure, ...usage };
    case "retry":
      return { ...lease, kind: "retry", delayMs: 3_000, failure, ...usage };
    case "bounce":
      return { ...lease, kind: "bounce", delayMs: 0, failure };
    default:
      return { ...lease, kind: "release" };
  }
}
