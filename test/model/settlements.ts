/** How attempts end, and what their schedulers report before of the provider. */
import type { Engine, Lease, ProviderReport, Settlement } from "@millrace/engine";
import { expect } from "vitest";
import type { Journal } from "./journal.ts";

/** The pool that is a provider account. */
export const ACCOUNT = "acc";

const failure = { reason: "NO", message: "no", retryable: true };

/** A report makes an account of a pool that is none, of which the other replica hears. */
export async function report(
  engine: Engine,
  journal: Journal,
  of: Lease | undefined,
  said: ProviderReport,
) {
  const made = !journal.accountIsThere;
  if (made) {
    journal.accountMade();
    journal.account({ name: ACCOUNT });
  }
  const verdict = await engine.providerAccounts.report(ACCOUNT, said);
  if (made) journal.bothHear();
  journal.reported(of?.jobId, said, verdict);
  return verdict;
}

/** While the account pauses: unless that was one episode too many. */
export async function spendsNoAttempt(engine: Engine, of: Lease): Promise<void> {
  const [record] = await engine.getJobs([of.jobId], "summary");
  if (record?.state !== "QUEUED" || (record.bounces ?? 0) > 3) return;
  expect(record.attempt, "attempts of a job that was bounced").toBe(of.attempt - 1);
}

/** How an attempt ends, after its scheduler has reported what its provider did. */
export async function settlementAfter(
  engine: Engine,
  journal: Journal,
  of: Lease,
  { as, spent }: { readonly as: string; readonly spent?: number | undefined },
): Promise<Settlement> {
  if (of.job.pool === undefined || (as !== "bounce" && as !== "down")) {
    return settlementOf(of, as === "down" ? "retry" : as, spent);
  }
  const attempt = { jobId: of.jobId, startedMs: of.job.startedAtMs ?? 0 };
  const said: ProviderReport =
    as === "down" ? { kind: "failed", attempt } : { kind: "refused", askedMs: 2_000, attempt };
  const { kind, episode } = await report(engine, journal, of, said);
  if (kind === "COUNTED") return settlementOf(of, "retry", spent);
  if (kind === "PROBE") return { ...of, kind: "bounce", delayMs: 3_000, failure };
  return {
    ...of,
    kind: "bounce",
    delayMs: 0,
    failure,
    ...(episode === undefined ? {} : { episode }),
  };
}

export function settlementOf(of: Lease, as: string, spent: number | undefined): Settlement {
  const usage =
    spent === undefined ? {} : { usage: { inputTokens: spent, outputTokens: 0, providerCalls: 1 } };
  switch (as) {
    case "complete":
      return { ...of, kind: "complete", resultJson: "1", ...usage };
    case "fail":
      return { ...of, kind: "fail", state: "FAILED", failure, ...usage };
    case "retry":
      return { ...of, kind: "retry", delayMs: 3_000, failure, countsAttempt: true, ...usage };
    case "bounce":
      return { ...of, kind: "bounce", delayMs: 0, failure };
    default:
      return { ...of, kind: "release" };
  }
}
