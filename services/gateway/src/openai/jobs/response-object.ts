import { type Job, JobState } from "@millrace/proto/job";
import { timeMs } from "@millrace/runtime";
import { BACKGROUND_LABEL, responseIdOf } from "@millrace/shared";
import { errorOfJob } from "./job-error.ts";
import { OWN_LABEL } from "./job-options.ts";
import { isObject, type JsonObject } from "./read-call.ts";

/** Names the response before. */
export const PREVIOUS_LABEL = `${OWN_LABEL}previous_response_id`;

type Time = Job["submitTime"];

const secondsOf = (time: Time): number | null =>
  time === undefined ? null : Math.floor(timeMs(time) / 1_000);

/** What a job's payload says, if it is kept. */
export function bodyOf({ payloadJson }: Pick<Job, "payloadJson">): JsonObject {
  const body: unknown = payloadJson === "" ? {} : JSON.parse(payloadJson);
  return isObject(body) ? body : {};
}

/** What is Millrace's in every object of a response: the provider knows neither its id nor who waits for it. */
function ownMembers(job: Job, body: JsonObject): JsonObject {
  return {
    id: responseIdOf(job.id),
    object: "response",
    background: job.labels[BACKGROUND_LABEL] === "true",
    metadata: isObject(body.metadata) ? body.metadata : {},
    previous_response_id: job.labels[PREVIOUS_LABEL] ?? null,
  };
}

/** A response that a provider has begun or made, as the caller sees it. */
export const ownResponse = (theirs: JsonObject, job: Job, body: JsonObject): JsonObject => ({
  ...theirs,
  ...ownMembers(job, body),
});

const statusOf: Readonly<Partial<Record<JobState, string>>> = {
  [JobState.RUNNING]: "in_progress",
  [JobState.FAILED]: "failed",
  [JobState.EXPIRED]: "failed",
  [JobState.CANCELLED]: "cancelled",
};

/** What the types of the SDKs say that each response has, as the caller asked for it. */
const requested = (body: JsonObject) => ({
  model: body.model,
  instructions: body.instructions ?? null,
  max_output_tokens: body.max_output_tokens ?? null,
  parallel_tool_calls: body.parallel_tool_calls ?? true,
  temperature: body.temperature ?? null,
  top_p: body.top_p ?? null,
  tools: body.tools ?? [],
  tool_choice: body.tool_choice ?? "auto",
  text: body.text ?? { format: { type: "text" } },
  reasoning: body.reasoning ?? null,
  service_tier: body.service_tier ?? "auto",
  truncation: body.truncation ?? "disabled",
});

/** The error of a response. OpenAI's codes for it are few, so most are errors of the server. */
function errorOf(job: Job) {
  if (job.state !== JobState.FAILED && job.state !== JobState.EXPIRED) return null;
  const { status, code, message } = errorOfJob(job);
  if (status === 429) return { code: "rate_limit_exceeded", message };
  return { code: status === 400 ? (code ?? "invalid_prompt") : "server_error", message };
}

/** A response without output: it waits, runs, or has ended without a result. */
export const emptyResponse = (job: Job, body: JsonObject): JsonObject => ({
  created_at: secondsOf(job.submitTime) ?? 0,
  status: statusOf[job.state] ?? "queued",
  ...requested(body),
  completed_at: null,
  error: errorOf(job),
  incomplete_details: null,
  output: [],
  usage: null,
  ...ownMembers(job, body),
});

/** A job as a response. `result` is the provider's object, if the job has one. */
export function responseOf(job: Job, body: JsonObject, result: JsonObject | undefined): JsonObject {
  if (result === undefined) return emptyResponse(job, body);
  return {
    ...emptyResponse(job, body),
    status: "completed",
    completed_at: secondsOf(job.finishTime),
    ...ownResponse(result, job, body),
  };
}
