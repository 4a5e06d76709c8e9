import { type Job, JobState } from "@millrace/proto/job";
import { errorTypeOf, type OpenAiError } from "../openai-error.ts";
import { isObject, type JsonObject } from "./read-call.ts";

type Ending = readonly [status: number, code?: string];

/** How jobs of these reasons answer their calls. Any other reason is an error of the server. */
const endings = new Map<string, Ending>([
  ["MALFORMED", [400]],
  ["TOO_LARGE", [400]],
  ["DOCUMENT_NOT_FOUND", [404]],
  ["PROVIDER_BAD_REQUEST", [400]],
  ["CONTEXT_EXCEEDED", [400, "context_length_exceeded"]],
  ["ANSWER_FILTERED", [400, "content_filter"]],
  ["PROVIDER_QUOTA", [429, "insufficient_quota"]],
  // The account is the operator's: the caller's own key is valid.
  ["PROVIDER_UNAUTHENTICATED", [502]],
  ["PROVIDER_ERROR", [502]],
  ["ANSWER_FAILED", [502]],
  ["ANSWER_BROKEN_OFF", [502]],
]);

const parsed = (json: string): JsonObject => {
  try {
    const value: unknown = JSON.parse(json === "" ? "{}" : json);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
};

const textOr = (value: unknown, other: string): string =>
  typeof value === "string" && value !== "" ? value : other;

/** A status that the caller can do something about: the provider refused the request, and not the account. */
const isCallersStatus = (status: unknown): status is number =>
  typeof status === "number" && [400, 404, 409, 413, 415, 422].includes(status);

/**
 * The error of a job that did not succeed. A worker may put the provider's own into the details of the failure:
 * `{"status": 400, "error": {"message", "type", "param", "code"}}`. No try of the same call is worth anything: the job has
 * had its attempts.
 */
export function errorOfJob({ state, failure }: Pick<Job, "state" | "failure">): OpenAiError {
  const message = failure?.message || "the job has ended without a result";
  const about = (status: number, code: string): OpenAiError => ({
    ...{ status, message, type: errorTypeOf(status), param: null, code, retry: false },
  });
  if (state === JobState.CANCELLED) return about(409, "job_cancelled");
  if (state === JobState.EXPIRED) return about(408, "deadline_exceeded");
  const reason = failure?.reason ?? "INTERNAL";
  const [status, code] = endings.get(reason) ?? [500];
  const known = about(status, code ?? reason.toLowerCase());
  const { status: theirs, error } = parsed(failure?.detailsJson ?? "");
  if (!isObject(error)) return known;
  return {
    ...known,
    status: reason === "PROVIDER_BAD_REQUEST" && isCallersStatus(theirs) ? theirs : status,
    message: textOr(error.message, message),
    type: textOr(error.type, known.type),
    param: typeof error.param === "string" ? error.param : null,
    code: textOr(error.code, known.code ?? ""),
  };
}
