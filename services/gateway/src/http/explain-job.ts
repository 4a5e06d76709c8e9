import { create } from "@bufbuild/protobuf";
import {
  ExplainJobRequestSchema,
  ExplainJobResponseSchema,
  JobService,
} from "@millrace/proto/job-service";
import type { GatewayParts } from "../gateway-parts.ts";
import { explainJob } from "../handlers/explain-job.ts";
import { messageAnswer } from "./json-answer.ts";
import { queryJobToken } from "./query-job-token.ts";
import { readQuery } from "./read-query.ts";
import type { GatewayRoute } from "./route-description.ts";

/** GET /v1/jobs/{id}/explain: says why the job waits. */
export function explainJobRoute(parts: GatewayParts): GatewayRoute {
  const explain = explainJob(parts);
  return {
    method: "GET",
    path: "/v1/jobs/{id}/explain",
    rpc: JobService.method.explainJob,
    queryCredential: queryJobToken,
    described: {
      answers: { 200: { about: "Why the job waits.", message: ExplainJobResponseSchema } },
      reasons: ["JOB_NOT_FOUND"],
    },
    async handle({ params, query }, context) {
      readQuery(query, {});
      const request = create(ExplainJobRequestSchema, { jobId: params.id ?? "" });
      return messageAnswer(200, ExplainJobResponseSchema, await explain(request, context));
    },
  };
}
