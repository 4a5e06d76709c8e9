import { create } from "@bufbuild/protobuf";
import {
  ExplainJobRequestSchema,
  ExplainJobResponseSchema,
  JobService,
} from "@millrace/proto/job-service";
import type { HttpRoute } from "@millrace/runtime";
import type { Caller } from "../callers/caller.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { explainJob } from "../handlers/explain-job.ts";
import { messageAnswer } from "./json-answer.ts";
import { queryJobToken } from "./query-job-token.ts";
import { readQuery } from "./read-query.ts";

/** GET /v1/jobs/{id}/explain: says why the job waits. */
export function explainJobRoute(parts: GatewayParts): HttpRoute<Caller> {
  const explain = explainJob(parts);
  return {
    method: "GET",
    path: "/v1/jobs/{id}/explain",
    rpc: JobService.method.explainJob,
    queryCredential: queryJobToken,
    async handle({ params, query }, context) {
      readQuery(query, {});
      const request = create(ExplainJobRequestSchema, { jobId: params.id ?? "" });
      return messageAnswer(200, ExplainJobResponseSchema, await explain(request, context));
    },
  };
}
