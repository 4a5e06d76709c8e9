import { create } from "@bufbuild/protobuf";
import { documentsIn } from "@millrace/job-types";
import { type JobSpec, JobState } from "@millrace/proto/job";
import { CallbackSchema } from "@millrace/proto/webhook-endpoint";
import { BACKGROUND_LABEL } from "@millrace/shared";
import { assertOwnJob } from "../../callers/own-job.ts";
import type { GatewayParts } from "../../gateway-parts.ts";
import { readJob } from "../../watching/read-job.ts";
import { type JobOfCall, jobOfCall, optionOf } from "./job-options.ts";
import { payloadText } from "./payload-text.ts";
import { type JsonObject, type ModelCall, malformed } from "./read-call.ts";
import { jobIdOfResponse } from "./response-id.ts";
import { inputItemsOf } from "./response-input.ts";
import { bodyOf, PREVIOUS_LABEL } from "./response-object.ts";
import { resultObject } from "./result-of-job.ts";
import type { Context } from "./run-job.ts";

/** What of a request is about the job, and not about the answer. The provider does not get it. */
const jobsOwn = ["background", "background_options", "previous_response_id"] as const;

export interface ResponseCall extends ModelCall {
  readonly background: boolean;
  readonly previousId: string | undefined;
}

/** Reads what Millrace must know of a request for a response. */
export function responseCall(call: ModelCall): ResponseCall {
  const { background, store, previous_response_id: previous } = call.body;
  if (background === true && store === false) {
    throw malformed("store", "must not be false for a response in the background: it is kept");
  }
  const previousId = typeof previous === "string" && previous !== "" ? previous : undefined;
  return { ...call, background: background === true, previousId };
}

/** The input and the output of an earlier response, as the beginning of an input. */
async function conversation(
  parts: GatewayParts,
  responseId: string,
  context: Context,
): Promise<readonly unknown[]> {
  const jobId = jobIdOfResponse(responseId);
  const { concerns: _, ...caller } = context;
  assertOwnJob(jobId, { ...caller, concerns: () => undefined });
  const { keyId } = context.identity;
  const job = await readJob(parts.scheduler, keyId, jobId, context.signal);
  if (job.type !== "responses" || job.state !== JobState.SUCCEEDED) {
    throw malformed("previous_response_id", `the response ${responseId} has not completed`);
  }
  const { output } = await resultObject(parts, job, keyId);
  return [...inputItemsOf(bodyOf(job)), ...(Array.isArray(output) ? output : [])];
}

/** The request without what is Millrace's. The request itself, if there is nothing of that in it. */
function payloadOf(call: ResponseCall, before: readonly unknown[]): JsonObject {
  if (!jobsOwn.some((name) => name in call.body)) return call.body;
  const body: Record<string, unknown> = { ...call.body };
  for (const name of jobsOwn) delete body[name];
  // Only what is streamed can be watched, and resumed.
  if (call.background) body.stream = true;
  if (call.previousId !== undefined) body.input = [...before, ...inputItemsOf(body)];
  return body;
}

/** Where the end of a response in the background is to be sent, if its caller says so. */
function callbackOf({ background, sent }: ResponseCall, { headers }: Pick<JobOfCall, "headers">) {
  const url = optionOf("callback", headers, sent);
  if (url === undefined) return {};
  if (!background) {
    throw malformed("X-Millrace-Callback", "is for responses in the background: set background");
  }
  return { callback: create(CallbackSchema, { url, eventTypes: ["response.*"] }) };
}

export interface ResponseJob {
  readonly spec: JobSpec;
  /** The job's payload. */
  readonly body: JsonObject;
}

/** The job that makes a response. */
export async function jobOfResponse(
  parts: GatewayParts,
  call: ResponseCall,
  how: Omit<JobOfCall, "type" | "call" | "labels">,
  context: Context,
): Promise<ResponseJob> {
  const { background, previousId } = call;
  const before = previousId === undefined ? [] : await conversation(parts, previousId, context);
  const payload = await payloadText(parts, { ...call, body: payloadOf(call, before) }, context);
  const labels = {
    ...(background ? { [BACKGROUND_LABEL]: "true" } : {}),
    ...(previousId === undefined ? {} : { [PREVIOUS_LABEL]: previousId }),
  };
  // The options of the job are in what the caller wrote.
  const spec = jobOfCall({ ...how, type: "responses", call, labels });
  spec.payload = { case: "payloadJson", value: payload.text };
  spec.documentIds = [...documentsIn(payload.body)];
  return { spec: { ...spec, ...callbackOf(call, how) }, body: payload.body };
}
