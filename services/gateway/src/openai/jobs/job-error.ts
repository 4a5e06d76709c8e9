import { answerOfJob } from "@millrace/job-types";
import { type Job, JobState } from "@millrace/proto/job";
import type { OpenAiError } from "../openai-error.ts";
import { isObject, type JsonObject } from "./read-call.ts";

const parsed = (json: string): JsonObject => {
  try {
    const value: unknown = JSON.parse(json === "" ? "{}" : json);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
};

const stateOf = (state: JobState) =>
  state === JobState.CANCELLED ? "CANCELLED" : state === JobState.EXPIRED ? "EXPIRED" : "FAILED";

/** The error of a job that did not succeed. No try of the same call is worth anything: the job has had its attempts. */
export function errorOfJob({ state, failure }: Pick<Job, "state" | "failure">): OpenAiError {
  const { fromProvider: _, ...error } = answerOfJob({
    state: stateOf(state),
    reason: failure?.reason ?? "INTERNAL",
    message: failure?.message || "the job has ended without a result",
    details: parsed(failure?.detailsJson ?? ""),
  });
  return { ...error, retry: false };
}
