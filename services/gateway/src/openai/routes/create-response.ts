import type { Job } from "@millrace/proto/job";
import { JobService } from "@millrace/proto/job-service";
import { responseIdOf } from "@millrace/shared";
import { jsonAnswer } from "../../http/json-answer.ts";
import { assertJson } from "../../http/read-json.ts";
import { hasFinished } from "../../messages/has-finished.ts";
import { readCall } from "../jobs/read-call.ts";
import { readCompletedResponse, readResponse } from "../jobs/read-response.ts";
import { jobOfResponse, responseCall } from "../jobs/response-call.ts";
import { emptyResponse } from "../jobs/response-object.ts";
import { abandon, submitted, submittedToStream } from "../jobs/run-job.ts";
import { eventStream } from "../streams/keep-alive.ts";
import { responseStream } from "../streams/response-stream.ts";
import { plainAnswer } from "./plain-answer.ts";
import { jobHeader, type OpenAiParts, type OpenAiRoute } from "./route-parts.ts";

/** POST /v1/responses: a job of type `responses`, whose answer is awaited, relayed, or made in the background. */
export const createResponseRoute = (openAi: OpenAiParts): OpenAiRoute => ({
  method: "POST",
  path: "/v1/responses",
  rpc: JobService.method.submitJob,
  async handle({ headers, body: source }, context) {
    const { parts, places, clock } = openAi;
    assertJson(headers.get("content-type"));
    const call = responseCall(await readCall(source));
    const place = await places.placeOf(call.model);
    const how = { headers, place, nowMs: parts.clock.nowMs() };
    const { spec, body } = await jobOfResponse(parts, call, how, context);
    if (!call.background && !call.stream) {
      const write = async (job: Job) =>
        JSON.stringify(await readCompletedResponse(parts, job, body, context));
      return await plainAnswer(openAi, spec, context, write);
    }
    if (!call.stream) {
      const job = await submitted(parts, spec, context);
      // A repeated call may find its job at its end.
      const response = hasFinished(job)
        ? await readResponse(parts, responseIdOf(job.id), context)
        : emptyResponse(job, body);
      return jsonAnswer(200, JSON.stringify(response), jobHeader(job.id));
    }
    // One in the background goes on also if its caller has left before its first event.
    if (call.background) parts.streams.check(context.identity.keyId);
    const submit = call.background ? submitted : submittedToStream;
    const job = await submit(parts, spec, context);
    const onlyCaller = call.background
      ? undefined
      : { leaves: () => abandon(parts, spec, job.id, context) };
    const events = responseStream({ parts, job, body, context, onlyCaller });
    return eventStream(events, jobHeader(job.id), clock);
  },
});
