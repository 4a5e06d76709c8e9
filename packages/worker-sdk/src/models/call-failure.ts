import { ProviderFault } from "@millrace/shared";
import { JobFailure, NonRetryableError } from "../job-failure.ts";
import type { ModelCallOutcome } from "./contract.ts";

/** The statuses with which a provider refuses a call for load. */
const load = [429, 503, 529];

/** Whether the provider refused the call for load or for quota, so that the account must cool down. */
export const isRefusal = ({ details }: ProviderFault): boolean =>
  load.includes(details.httpStatus) || details.quotaExhausted;

export function outcomeOf(error: unknown, signal: AbortSignal): ModelCallOutcome {
  const fault = ProviderFault.of(error);
  if (fault === undefined) return signal.aborted ? "stopped" : "failed";
  const { httpStatus, quotaExhausted } = fault.details;
  if (quotaExhausted) return "quota_exhausted";
  if (isRefusal(fault)) return String(httpStatus) as "429" | "503" | "529";
  if (httpStatus === 0) return "unanswered";
  if (httpStatus === 200) return "no_answer";
  return httpStatus >= 500 ? "server_error" : "refused";
}

/**
 * Turns a provider's fault into a failure of the job. `account` is the account that has answered, whose state the failure
 * reports to the scheduler; undefined if no call was made.
 */
export function callFailure(error: unknown, account: string | undefined): unknown {
  const fault = ProviderFault.of(error);
  if (fault === undefined) return error;
  const { reason, retryable, retryAfterMs, answered, ...refusal } = fault.details;
  const options = {
    cause: fault,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(account === undefined ? {} : { provider: { account, ...refusal } }),
    ...(answered === undefined ? {} : { details: { status: refusal.httpStatus, error: answered } }),
  };
  return retryable
    ? new JobFailure(reason, fault.message, true, options)
    : new NonRetryableError(reason, fault.message, options);
}

/**
 * The failure of a call that is not made because its account refused another one: the job waits for its account, and
 * spends no attempt.
 */
export const refusedBefore = (account: string, retryAfterMs: number): JobFailure =>
  new JobFailure("PROVIDER_ERROR", "The model provider has just refused another call.", true, {
    retryAfterMs,
    provider: { account, httpStatus: 429, quotaExhausted: false },
  });
