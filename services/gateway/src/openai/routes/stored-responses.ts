import { create } from "@bufbuild/protobuf";
import { CancelJobRequestSchema, JobService } from "@millrace/proto/job-service";
import { RpcFault } from "@millrace/runtime";
import { streamPlace } from "../../callers/stream-place.ts";
import { cancelJob } from "../../handlers/cancel-job.ts";
import { jsonAnswer } from "../../http/json-answer.ts";
import { hasFinished } from "../../messages/has-finished.ts";
import { waitFinished } from "../../watching/wait-finished.ts";
import { malformed } from "../jobs/read-call.ts";
import { readCompletedResponse, readResponse, readResponseJob } from "../jobs/read-response.ts";
import { namedItemsOf } from "../jobs/response-input.ts";
import type { Context } from "../jobs/run-job.ts";
import { pageOf, pageQueryOf } from "../lists/page.ts";
import { eventStream } from "../streams/keep-alive.ts";
import { responseStream } from "../streams/response-stream.ts";
import { jobHeader, type OpenAiParts, type OpenAiRoute } from "./route-parts.ts";

const { getJob, cancelJob: cancel } = JobService.method;

/** How long a cancel waits for the worker to stop, so that its answer already says so. */
const CANCEL_WAIT_MS = 10_000;

function startingAfter(query: URLSearchParams): number | undefined {
  const text = query.get("starting_after");
  if (text === null || /^\d{1,15}$/.test(text)) return text === null ? undefined : Number(text);
  throw malformed("starting_after", "must be the sequence_number of an event, such as 42");
}

/** GET /v1/responses/{id}, also as a stream that begins after an event which the caller has. */
export const retrieveResponseRoute = ({ parts, clock }: OpenAiParts): OpenAiRoute => ({
  method: "GET",
  path: "/v1/responses/{id}",
  rpc: getJob,
  async handle({ params: { id = "" }, query }, context) {
    const { job, body } = await readResponseJob(parts, id, context);
    if (query.get("stream") !== "true") {
      return jsonAnswer(
        200,
        JSON.stringify(await readCompletedResponse(parts, job, body, context)),
      );
    }
    const after = startingAfter(query);
    const events = responseStream({ parts, job, body, context, startingAfter: after });
    return eventStream(events, jobHeader(job.id), clock);
  },
});

/** Cancels the job of a response, unless it has ended. */
async function stop({ parts }: OpenAiParts, jobId: string, context: Context): Promise<void> {
  using _place = streamPlace(parts, context.identity);
  const request = create(CancelJobRequestSchema, { jobId, reason: "cancelled by its caller" });
  try {
    await cancelJob(parts)(request, context);
  } catch (error) {
    if (!(error instanceof RpcFault) || error.reason !== "ILLEGAL_TRANSITION") throw error;
  }
  const { signal, draining } = context;
  const options = { waitMs: CANCEL_WAIT_MS, clock: parts.clock, signals: [signal, draining] };
  await waitFinished(parts.hub, jobId, options);
}

/** POST /v1/responses/{id}/cancel: answers with the response. One that has ended stays as it is. */
export const cancelResponseRoute = (openAi: OpenAiParts): OpenAiRoute => ({
  method: "POST",
  path: "/v1/responses/{id}/cancel",
  rpc: cancel,
  async handle({ params: { id = "" } }, context) {
    const { parts } = openAi;
    const before = await readResponseJob(parts, id, context);
    if (!hasFinished(before.job)) await stop(openAi, before.job.id, context);
    return jsonAnswer(200, JSON.stringify(await readResponse(parts, id, context)));
  },
});

/** DELETE /v1/responses/{id}: removes the job, with all that is stored of it. One that has not ended is cancelled first. */
export const deleteResponseRoute = (openAi: OpenAiParts): OpenAiRoute => ({
  method: "DELETE",
  path: "/v1/responses/{id}",
  rpc: cancel,
  async handle({ params: { id = "" } }, context) {
    const { parts } = openAi;
    const { job } = await readResponseJob(parts, id, context);
    if (!hasFinished(job)) await stop(openAi, job.id, context);
    const { keyId } = context.identity;
    await parts.scheduler.remove({ keyId, jobId: job.id }, { signal: context.signal });
    return jsonAnswer(200, JSON.stringify({ id, object: "response", deleted: true }));
  },
});

/** GET /v1/responses/{id}/input_items: what the response was made from, the responses before it included. */
export const inputItemsRoute = ({ parts }: OpenAiParts): OpenAiRoute => ({
  method: "GET",
  path: "/v1/responses/{id}/input_items",
  rpc: getJob,
  async handle({ params: { id = "" }, query }, context) {
    const { body } = await readResponseJob(parts, id, context);
    return jsonAnswer(200, JSON.stringify(pageOf(namedItemsOf(body, id), pageQueryOf(query))));
  },
});
