import { create } from "@bufbuild/protobuf";
import { JobSchema, JobSpecSchema } from "@millrace/proto/job";
import {
  JobService,
  SubmitJobRequestSchema,
  SubmitJobResponseSchema,
} from "@millrace/proto/job-service";
import { limits } from "@millrace/shared";
import type { GatewayParts } from "../gateway-parts.ts";
import { submitJob } from "../handlers/submit-job.ts";
import { jobSpecOf, withIdempotencyKey } from "../messages/job-spec-json.ts";
import { jobAnswer } from "./job-answer.ts";
import { assertJson, readJsonObject } from "./read-json.ts";
import { readQuery } from "./read-query.ts";
import { type Answer, bodyReasons, type GatewayRoute, jobReasons } from "./route-description.ts";
import { waitOf, waitParameter } from "./wait.ts";

/** The payload, which plain HTTP takes as JSON and not as text. */
const payloadMember = { name: "payload", mostBytes: limits.payloadBytes };

const accepted = {
  message: JobSchema,
  members: [SubmitJobResponseSchema.field.existing],
  headers: ["location", "preference-applied", "retry-after"],
} satisfies Omit<Answer, "about">;

/** POST /v1/jobs: answers 202 with the job, or 200 if the job finishes within the wait. */
export function submitJobRoute(parts: GatewayParts): GatewayRoute {
  const submit = submitJob(parts);
  return {
    method: "POST",
    path: "/v1/jobs",
    rpc: JobService.method.submitJob,
    described: {
      query: { wait: waitParameter },
      headers: ["idempotency-key", "prefer"],
      body: { message: JobSpecSchema },
      answers: {
        200: { ...accepted, about: "The job, which has finished." },
        202: { ...accepted, about: "The job, which is stored and has not finished." },
      },
      reasons: [...bodyReasons, ...jobReasons, "TOO_MANY_STREAMS"],
    },
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
