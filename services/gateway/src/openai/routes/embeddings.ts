import { JobService } from "@millrace/proto/job-service";
import { assertJson } from "../../http/read-json.ts";
import { jobOfCall } from "../jobs/job-options.ts";
import { withPayload } from "../jobs/payload-text.ts";
import { readCall } from "../jobs/read-call.ts";
import { resultText } from "../jobs/result-of-job.ts";
import { plainAnswer } from "./plain-answer.ts";
import type { OpenAiParts, OpenAiRoute } from "./route-parts.ts";

/** POST /v1/embeddings: a job of type `embeddings`, whose result is awaited. */
export const embeddingsRoute = (openAi: OpenAiParts): OpenAiRoute => ({
  method: "POST",
  path: "/v1/embeddings",
  rpc: JobService.method.submitJob,
  async handle({ headers, body }, context) {
    const { parts, places } = openAi;
    assertJson(headers.get("content-type"));
    const call = await withPayload(parts, await readCall(body), context);
    const nowMs = parts.clock.nowMs();
    const place = await places.placeOf(call.model);
    const spec = jobOfCall({ type: "embeddings", call, headers, place, nowMs });
    const { keyId } = context.identity;
    return await plainAnswer(openAi, spec, context, (job) => resultText(parts, job, keyId));
  },
});
