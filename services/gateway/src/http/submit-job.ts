import { create } from "@bufbuild/protobuf";
import { JobSpecSchema } from "@millrace/proto/job";
import { JobService, SubmitJobRequestSchema } from "@millrace/proto/job-service";
import type { HttpRoute } from "@millrace/runtime";
import { limits } from "@millrace/shared";
import type { Caller } from "../callers/caller.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { submitJob } from "../handlers/submit-job.ts";
import { jobSpecOf, withIdempotencyKey } from "../messages/job-spec-json.ts";
import { jobAnswer } from "./job-answer.ts";
import { assertJson, readJsonObject } from "./read-json.ts";
import { readQuery } from "./read-query.ts";
import { waitOf, waitParameter } from "./wait.ts";

/** The payload, which plain HTTP takes as JSON and not as text. */
const payloadMember = { name: "payload", mostBytes: limits.payloadBytes };

/** POST /v1/jobs: answers 202 with the job, or 200 if the job finishes within the wait. */
export function submitJobRoute(parts: GatewayParts): HttpRoute<Caller> {
  const submit = submitJob(parts);
  return {
    method: "POST",
    path: "/v1/jobs",
    rpc: JobService.method.submitJob,
    async handle({ query, headers, body }, context) {
      assertJson(headers.get("content-type"));
      const { wait, headers: applied } = waitOf(
        readQuery(query, { wait: waitParameter }).wait,
        headers,
      );
      const json = await readJsonObject(body, JobSpecSchema, payloadMember);
      const spec = withIdempotencyKey(jobSpecOf(json), headers.get("idempotency-key"));
      const reply = await submit(create(SubmitJobRequestSchema, { job: spec, wait }), context);
      return jobAnswer(reply, { headers: { ...applied, location: `/v1/jobs/${reply.job?.id}` } });
    },
  };
}
