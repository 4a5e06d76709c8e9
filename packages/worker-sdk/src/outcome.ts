import { inspect } from "node:util";
import { create, toBinary } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  type AttemptOutcome,
  CompletedSchema,
  FailedSchema,
  HandedBackSchema,
  type ProviderFeedback,
  ProviderFeedbackSchema,
  StoppedSchema,
} from "@millrace/proto/worker-service";
import { cutChars, jsonText, limits } from "@millrace/shared";
import { JobFailure, type ProviderRefusal } from "./job-failure.ts";

export type Outcome = AttemptOutcome["outcome"];

const dayMs = 86_400_000;
/** An upper bound for the fixed-length parts of an outcome. */
const OUTCOME_BYTES = 1_024;
/** The contract's limits for what a provider answered. */
const MOST_HTTP_STATUS = 599;
const ACCOUNT_CHARS = 63;
const RATE_LIMIT_HEADERS = 32;

/** Returns details as JSON. Wrong details must not hide the failure itself, so they are left out. */
function detailsJson(details: object | undefined): string {
  try {
    const text = details === undefined ? "" : (jsonText(details) ?? "");
    return Buffer.byteLength(text) <= limits.failureDetailsBytes ? text : "";
  } catch {
    return "";
  }
}

function feedbackOf(provider: ProviderRefusal): ProviderFeedback {
  const { account, httpStatus, quotaExhausted, rateLimitHeaders = {} } = provider;
  if (!Number.isInteger(httpStatus) || httpStatus < 0 || httpStatus > MOST_HTTP_STATUS) {
    throw new RangeError(`its httpStatus is ${httpStatus}, which is not 0 to ${MOST_HTTP_STATUS}`);
  }
  for (const [name, value] of Object.entries(rateLimitHeaders)) {
    if (typeof value !== "string") throw new TypeError(`its header ${name} is not text`);
  }
  return create(ProviderFeedbackSchema, {
    account: cutChars(account, ACCOUNT_CHARS),
    ...{ httpStatus, quotaExhausted },
    rateLimitHeaders: Object.fromEntries(
      Object.entries(rateLimitHeaders).slice(0, RATE_LIMIT_HEADERS),
    ),
  });
}

/** Throws for a failure whose fields have other types or values than they should: no scheduler would accept it. */
export function failed(failure: JobFailure): Outcome {
  if (typeof failure.reason !== "string") throw new TypeError("its reason is not text");
  const value = create(FailedSchema, {
    failure: {
      reason: failure.reason,
      message: cutChars(failure.message, limits.errorMessageChars),
      retryable: failure.retryable,
      detailsJson: detailsJson(failure.details),
    },
  });
  // NaN is ignored: the job's own backoff decides.
  if (failure.retryAfterMs !== undefined && !Number.isNaN(failure.retryAfterMs)) {
    value.retryAfter = durationFromMs(Math.min(dayMs, Math.max(0, failure.retryAfterMs)));
  }
  if (failure.provider !== undefined) value.provider = feedbackOf(failure.provider);
  // A message that cannot be written would end the stream, with all other attempts.
  toBinary(FailedSchema, value);
  return { case: "failed", value };
}

/** Returns an upper estimate of an outcome's size in a message. */
export function outcomeBytes(outcome: Outcome): number {
  switch (outcome.case) {
    case "completed":
      return OUTCOME_BYTES + Buffer.byteLength(outcome.value.resultJson);
    case "failed": {
      const headers = Object.entries(outcome.value.provider?.rateLimitHeaders ?? {}).flat();
      const { message = "", detailsJson: details = "" } = outcome.value.failure ?? {};
      return [message, details, ...headers].reduce(
        (sum, text) => sum + Buffer.byteLength(text),
        OUTCOME_BYTES,
      );
    }
    default:
      return OUTCOME_BYTES;
  }
}

/** Executors may throw anything. A value that String() cannot convert must not end the worker. */
const messageOf = (error: unknown): string => {
  if (typeof error === "string") return error;
  return error instanceof Error && typeof error.message === "string"
    ? error.message
    : inspect(error);
};

/**
 * Converts a thrown value to an outcome. A plain error may be a passing fault, so it is retryable. It never throws: an attempt
 * whose end is not reported would keep its lease.
 */
export function thrown(error: unknown): Outcome {
  if (!(error instanceof JobFailure)) {
    return failed(new JobFailure("EXECUTOR_FAILED", messageOf(error), true));
  }
  try {
    return failed(error);
  } catch (why) {
    const message = `The executor's ${error.name} (${messageOf(error)}) cannot be reported: ${messageOf(why)}`;
    return failed(new JobFailure("EXECUTOR_FAILED", message, error.retryable !== false));
  }
}

const notJson = (why: string): Outcome =>
  failed(new JobFailure("MALFORMED", `The result is not JSON: ${why}`, false));

export function completed(result: unknown): Outcome {
  let resultJson: string | undefined;
  try {
    resultJson = jsonText(result ?? null);
  } catch (error) {
    return notJson(messageOf(error));
  }
  if (resultJson === undefined) return notJson(`a ${typeof result}`);
  if (Buffer.byteLength(resultJson) > limits.resultBytes) {
    return failed(
      new JobFailure(
        "TOO_LARGE",
        "The result is larger than 1 MiB: store it by storeDocument, and return its id.",
        false,
      ),
    );
  }
  return { case: "completed", value: create(CompletedSchema, { resultJson }) };
}

export const stopped = (): Outcome => ({ case: "stopped", value: create(StoppedSchema) });

export const handedBack = (reason: string): Outcome => ({
  case: "handedBack",
  value: create(HandedBackSchema, { reason }),
});
