import { durationMs } from "@bufbuild/protobuf/wkt";
import type {
  Failure,
  LeaseRef,
  ProviderReport,
  ProviderVerdict,
  Settlement,
} from "@millrace/engine";
import type { JobFailure } from "@millrace/proto/job";
import { type AttemptOutcome, StopReason } from "@millrace/proto/worker-service";
import { cutChars, limits, type Random } from "@millrace/shared";
import { isJson, isJsonObject } from "../messages/is-json.ts";
import { usageOf } from "../messages/usage-message.ts";
import { bounceOf } from "../policy/bounce.ts";
import { hasTimeLeft } from "../policy/deadline-decision.ts";
import { decideReport } from "../policy/provider-report.ts";
import { refusalWords } from "../policy/refusal-words.ts";
import { decideRetry } from "../policy/retry-decision.ts";
import { roomWait } from "../policy/room-wait.ts";
import type { HeldLease } from "./held-leases.ts";

const expired: Failure = {
  reason: "DEADLINE_EXCEEDED",
  message: "the job did not finish by its deadline",
  retryable: false,
};

const notJson: Failure = {
  reason: "MALFORMED",
  message: "the result that the worker returned is not JSON",
  retryable: false,
};

const REASON = /^[A-Z][A-Z0-9_]{0,62}$/;

/** Reads a worker's failure, in the form and length that callers can rely on. Details in another form are left out. */
export function failureOf(failure: JobFailure | undefined): Failure {
  const { reason = "", message = "", retryable = false, detailsJson = "" } = failure ?? {};
  const hasDetails =
    Buffer.byteLength(detailsJson) <= limits.failureDetailsBytes && isJsonObject(detailsJson);
  return {
    reason: REASON.test(reason) ? reason : "EXECUTOR_FAILED",
    message: cutChars(message, limits.errorMessageChars),
    retryable,
    ...(hasDetails ? { detailsJson } : {}),
  };
}

/** An attempt's report on the provider account of its job. */
export interface AccountReport extends ProviderReport {
  /** The account of the attempt's route, or the job's pool. The empty string if the job names neither model nor pool. */
  readonly account: string;
  readonly askedMs: number;
}

/** What is known of the provider account of a failed attempt after its report. */
export interface HeardOfAccount {
  /** Undefined if the job names neither pool nor model. */
  readonly verdict?: ProviderVerdict;
  /** The job's model has a route on another account. */
  readonly hasOthers: boolean;
}

/**
 * Reads what a failed attempt reports of a provider account, if anything. The account is the job's own pool, or that of the
 * attempt's route, so a worker cannot affect another.
 */
export function reportOf(
  { jobId }: LeaseRef,
  { outcome }: Pick<AttemptOutcome, "outcome">,
  lease: Pick<HeldLease, "job"> | undefined,
): AccountReport | undefined {
  if (lease === undefined || outcome.case !== "failed") return undefined;
  if (outcome.value.provider === undefined) return undefined;
  const { provider, retryAfter } = outcome.value;
  const { startedAtMs, pool = "", route } = lease.job;
  const decided = decideReport({
    ...provider,
    ...(retryAfter === undefined ? {} : { retryAfterMs: durationMs(retryAfter) }),
  });
  return {
    ...decided,
    ...(startedAtMs === undefined ? {} : { attempt: { jobId, startedMs: startedAtMs } }),
    said: {
      httpStatus: provider.httpStatus,
      message: refusalWords(outcome.value.failure?.message ?? ""),
    },
    account: route?.account ?? pool,
  };
}

/**
 * Decides how to settle an attempt by the outcome that its worker reports. `lease` is left out if it is stale: the engine
 * then refuses any settlement. `heard` is what is known of the account, if the attempt reported something of it.
 */
export function settlementOf(
  ref: LeaseRef,
  { outcome, usage }: Pick<AttemptOutcome, "outcome" | "usage">,
  lease: Pick<HeldLease, "job" | "stopping"> | undefined,
  heard: HeardOfAccount | undefined,
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
  // If the job's cancel was requested, the engine makes the waiting or released job CANCELLED.
  if (outcome.case === "waiting") {
    return { ...base, kind: "wait", children: outcome.value.children };
  }
  if (outcome.case !== "failed") return { ...base, kind: "release" };
  const { failure: reported, retryAfter } = outcome.value;
  const told = failureOf(reported);
  if (lease === undefined) return { ...base, kind: "fail", state: "FAILED", failure: told };
  const report = reportOf(ref, { outcome }, lease);
  const isAccountFault = report !== undefined && report.kind !== "answered";
  const accountFailed = isAccountFault && lease.job.route !== undefined;
  // What no attempt on this account can do, an attempt on another one may.
  const hasOthers = accountFailed && heard?.hasOthers === true;
  const failure = hasOthers ? { ...told, retryable: true } : told;
  const ended = { ...base, failure, ...(accountFailed ? { accountFailed } : {}) };
  const { retryable, reason } = failure;
  const retryAfterMs = retryAfter === undefined ? 0 : durationMs(retryAfter);
  const bounce =
    report && bounceOf({ ...lease.job, report, verdict: heard?.verdict, hasOthers, nowMs }, random);
  const wait = bounce ?? roomWait({ ...lease.job, reason, retryAfterMs, nowMs }, random);
  if (wait !== undefined && retryable) return { ...ended, ...wait, kind: "bounce" };
  const decision = decideRetry({ ...lease.job, retryable, retryAfterMs }, random);
  if (decision.kind === "fail") return { ...ended, failure: told, kind: "fail", state: "FAILED" };
  // A job that goes to another account does not wait.
  if (!hasTimeLeft(lease.job, nowMs + (hasOthers ? 0 : decision.delayMs))) {
    return { ...ended, failure: told, kind: "fail", state: "FAILED" };
  }
  return { ...ended, kind: "retry", delayMs: decision.delayMs };
}

/** Why a worker handed a job back; undefined if it did not. */
export const handedBackOf = ({ outcome }: Pick<AttemptOutcome, "outcome">): string | undefined =>
  outcome.case === "handedBack"
    ? cutChars(outcome.value.reason, limits.errorMessageChars)
    : undefined;

/** The settlement that takes a lease away, because its worker has not stopped within the grace. */
export function overdueSettlement({ jobId, token, stopping }: HeldLease): Settlement {
  const ref: LeaseRef = { jobId, token };
  return stopping === StopReason.DEADLINE
    ? { ...ref, kind: "fail", state: "EXPIRED", failure: expired }
    : { ...ref, kind: "release" };
}
