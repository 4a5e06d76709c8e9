import { JobService } from "@millrace/proto/job-service";
import { assertJson } from "../../http/read-json.ts";
import { jobOfCall } from "../jobs/job-options.ts";
import { withPayload } from "../jobs/payload-text.ts";
import { readCall } from "../jobs/read-call.ts";
import { resultText } from "../jobs/result-of-job.ts";
import { submittedToStream } from "../jobs/run-job.ts";
import { chatEvents } from "../streams/chat-events.ts";
import { eventStream } from "../streams/keep-alive.ts";
import { plainAnswer } from "./plain-answer.ts";
import { jobHeader, type OpenAiParts, type OpenAiRoute } from "./route-parts.ts";

/** POST /v1/chat/completions: a job of type `chat.completions`, whose answer is awaited or relayed. */
export const chatCompletionsRoute = (openAi: OpenAiParts): OpenAiRoute => ({
  method: "POST",
  path: "/v1/chat/completions",
  rpc: JobService.method.submitJob,
  async handle({ headers, body: source }, context) {
    const { parts, places, clock } = openAi;
    const { keyId } = context.identity;
    assertJson(headers.get("content-type"));
    const call = await withPayload(parts, await readCall(source), context);
    const nowMs = parts.clock.nowMs();
    const place = await places.placeOf(call.model);
    const spec = jobOfCall({ type: "chat.completions", call, headers, place, nowMs });
    if (!call.stream) {
      return await plainAnswer(openAi, spec, context, (job) => resultText(parts, job, keyId));
    }
    const job = await submittedToStream(parts, spec, context);
    const events = chatEvents({ parts, job, spec, body: call.body, context });
    return eventStream(events, jobHeader(job.id), clock);
  },
});
