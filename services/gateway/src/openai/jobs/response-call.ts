import { type JobSpec, JobState } from "@millrace/proto/job";
import { rpcError } from "@millrace/runtime";
import { jsonText, limits } from "@millrace/shared";
import { assertOwnJob } from "../../callers/own-job.ts";
import type { GatewayParts } from "../../gateway-parts.ts";
import { readJob } from "../../watching/read-job.ts";
import { type JobOfCall, jobOfCall } from "./job-options.ts";
import { type JsonObject, type ModelCall, malformed } from "./read-call.ts";
import { jobIdOfResponse } from "./response-id.ts";
import { inputItemsOf } from "./response-input.ts";
import { BACKGROUND_LABEL, bodyOf, PREVIOUS_LABEL } from "./response-object.ts";
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

/** The request as the provider gets it. As the caller wrote it, if there is nothing in it that is Millrace's. */
function payloadOf(
  call: ResponseCall,
  before: readonly unknown[],
): Pick<ModelCall, "text" | "body"> {
  if (!jobsOwn.some((name) => name in call.body)) return call;
  const body: Record<string, unknown> = { ...call.body };
  for (const name of jobsOwn) delete body[name];
  // Only what is streamed can be watched, and resumed.
  if (call.background) body.stream = true;
  if (call.previousId !== undefined) body.input = [...before, ...inputItemsOf(body)];
  return { text: textOf(body), body };
}

function textOf(body: JsonObject): string {
  let text: string;
  try {
    text = jsonText(body);
  } catch {
    throw malformed("input", "is nested too deeply");
  }
  if (Buffer.byteLength(text) <= limits.payloadBytes) return text;
  const message = `the request, with the responses before it, is larger than the limit of ${limits.payloadBytes} bytes`;
  throw rpcError({ reason: "TOO_LARGE", message });
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
  const payload = payloadOf(call, before);
  const labels = {
    ...(background ? { [BACKGROUND_LABEL]: "true" } : {}),
    ...(previousId === undefined ? {} : { [PREVIOUS_LABEL]: previousId }),
  };
  // The options of the job are in what the caller wrote.
  const spec = jobOfCall({ ...how, type: "responses", call, labels });
  spec.payload = { case: "payloadJson", value: payload.text };
  return { spec, body: payload.body };
}
