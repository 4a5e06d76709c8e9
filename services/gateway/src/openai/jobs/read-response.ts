import { create } from "@bufbuild/protobuf";
import { type Job, JobState } from "@millrace/proto/job";
import { GetJobRequestSchema, GetJobResponseSchema } from "@millrace/proto/job-service";
import { jobNotFound } from "../../callers/own-job.ts";
import type { GatewayParts } from "../../gateway-parts.ts";
import { getJob } from "../../handlers/get-job.ts";
import type { JsonObject } from "./read-call.ts";
import { jobIdOfResponse } from "./response-id.ts";
import { bodyOf, responseOf } from "./response-object.ts";
import { resultObject } from "./result-of-job.ts";
import type { Context } from "./run-job.ts";

/** Reads the job of a response, by the handler of GetJob. Throws JOB_NOT_FOUND, also for one that was not to be stored. */
export async function readResponseJob(
  parts: GatewayParts,
  responseId: string,
  context: Context,
): Promise<{ readonly job: Job; readonly body: JsonObject }> {
  const jobId = jobIdOfResponse(responseId);
  const request = create(GetJobRequestSchema, { jobId });
  const { job } = create(GetJobResponseSchema, await getJob(parts)(request, context));
  if (job?.type !== "responses") throw jobNotFound(responseId);
  const body = bodyOf(job);
  if (body.store === false) throw jobNotFound(responseId);
  return { job, body };
}

/** A job as a response, with its result if it has one. */
export async function readCompletedResponse(
  parts: GatewayParts,
  job: Job,
  body: JsonObject,
  { identity }: Context,
): Promise<JsonObject> {
  const isDone = job.state === JobState.SUCCEEDED;
  return responseOf(job, body, isDone ? await resultObject(parts, job, identity.keyId) : undefined);
}

/** Reads a response as it is now. */
export async function readResponse(
  parts: GatewayParts,
  responseId: string,
  context: Context,
): Promise<JsonObject> {
  const { job, body } = await readResponseJob(parts, responseId, context);
  return await readCompletedResponse(parts, job, body, context);
}
