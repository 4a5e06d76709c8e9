import { durationMs } from "@bufbuild/protobuf/wkt";
import type {
  Failure,
  LeaseRef,
  ProviderReport,
  ProviderVerdict,
  Settlement,
} from "@millrace/engine";
import type { JobError } from "@millrace/proto/job";
import { type AttemptOutcome, StopReason } from "@millrace/proto/worker-service";
import { cutChars, limits, type Random } from "@millrace/shared";
import { usageOf } from "../messages/usage-message.ts";
import { bounceOf } from "../policy/bounce.ts";
import { hasTimeLeft } from "../policy/deadline-decision.ts";
import { decideReport } from "../policy/provider-report.ts";
import { decideRetry } from "../policy/retry-decision.ts";
import type { HeldLease } from "./held-leases.ts";

const expired: Failure = {
  reason: "DEADLINE_EXCEEDED",
  message: "not finished by its deadline",
  retryable: false,
};

const notJson: Failure = {
  reason: "MALFORMED",
  message: "the worker's result is not JSON",
  retryable: false,
};

/** Callers, and plain BullMQ programs, parse what a worker calls a result. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const REASON = /^[A-Z][A-Z0-9_]{0,62}$/;

/** What a worker says of a failure, in the form and length that callers may rely on. */
const failureOf = (error: JobError | undefined): Failure => ({
  reason: REASON.test(error?.reason ?? "") ? (error?.reason ?? "") : "EXECUTOR_FAILED",
  message: cutChars(error?.message ?? "", limits.errorMessageChars),
  retryable: error?.retryable ?? false,
});

/** What an attempt says of the provider account that its job names. */
export interface PoolReport extends ProviderReport {
  /** "": it names none. */
  readonly pool: string;
  readonly askedMs: number;
}

/** What a failed attempt says of its provider's account, if anything. The pool is the job's: a worker cannot pause another. */
export function reportOf(
  { jobId }: LeaseRef,
  { outcome }: Pick<AttemptOutcome, "outcome">,
  lease: Pick<HeldLease, "job"> | undefined,
): PoolReport | undefined {
  if (lease === undefined || outcome.case !== "failed") return undefined;
  if (outcome.value.provider === undefined) return undefined;
  const { provider, retryAfter } = outcome.value;
  const { startedAtMs, pool = "" } = lease.job;
  return {
    ...decideReport({
      ...provider,
      ...(retryAfter === undefined ? {} : { retryAfterMs: durationMs(retryAfter) }),
    }),
    ...(startedAtMs === undefined ? {} : { attempt: { jobId, startedMs: startedAtMs } }),
    pool,
  };
}

/**
 * What to do with a job whose attempt has ended as its worker says. `lease` is left out where the
 * lease is stale: the engine says so whatever is asked of it. `verdict` is of the account of the job's
 * pool, if the attempt said something of it.
 */
export function settlementOf(
  ref: LeaseRef,
  { outcome, usage }: Pick<AttemptOutcome, "outcome" | "usage">,
  lease: Pick<HeldLease, "job" | "stopping"> | undefined,
  verdict: ProviderVerdict | undefined,
  nowMs: number,
  random: Random,
): Settlement {
  const base = { ...ref, ...(usage === undefined ? {} : { usage: usageOf(usage) }) };
  if (outcome.case === "completed") {
    const { resultJson } = outcome.value;
    return isJson(resultJson)
      ? { ...base, kind: "complete", resultJson }
      : { ...base, kind: "fail", state: "FAILED", failure: notJson };
  }
  if (lease?.stopping === StopReason.DEADLINE) {
    return { ...base, kind: "fail", state: "EXPIRED", failure: expired };
  }
  // The engine makes a job CANCELLED that comes back after its cancel was asked for.
  if (outcome.case !== "failed") return { ...base, kind: "release" };
  const { error, retryAfter } = outcome.value;
  const failure = failureOf(error);
  const { retryable } = failure;
  if (lease === undefined) return { ...base, kind: "fail", state: "FAILED", failure };
  const retryAfterMs = retryAfter === undefined ? 0 : durationMs(retryAfter);
  const report = reportOf(ref, { outcome }, lease);
  const bounce = report && bounceOf({ ...lease.job, report, verdict, nowMs }, random);
  if (bounce !== undefined && retryable) return { ...base, ...bounce, kind: "bounce", failure };
  const decision = decideRetry({ ...lease.job, retryable, retryAfterMs }, random);
  if (decision.kind === "fail" || !hasTimeLeft(lease.job, nowMs + decision.delayMs)) {
    return { ...base, kind: "fail", state: "FAILED", failure };
  }
  return { ...base, kind: "retry", delayMs: decision.delayMs, failure, countsAttempt: true };
}

/** How to take a lease away whose worker has not stopped in its grace. */
export function overdueSettlement({ jobId, token, stopping }: HeldLease): Settlement {
  const ref: LeaseRef = { jobId, token };
  return stopping === StopReason.DEADLINE
    ? { ...ref, kind: "fail", state: "EXPIRED", failure: expired }
    : { ...ref, kind: "release" };
}
