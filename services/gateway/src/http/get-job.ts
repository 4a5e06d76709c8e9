import { create } from "@bufbuild/protobuf";
import { JobSchema } from "@millrace/proto/job";
import { GetJobRequestSchema, JobService } from "@millrace/proto/job-service";
import type { GatewayParts } from "../gateway-parts.ts";
import { getJob } from "../handlers/get-job.ts";
import { jobAnswer } from "./job-answer.ts";
import { queryJobToken } from "./query-job-token.ts";
import { readQuery } from "./read-query.ts";
import type { GatewayRoute } from "./route-description.ts";
import { waitOf, waitParameter } from "./wait.ts";

/** GET /v1/jobs/{id}: sends the job at once, or, with a wait, when it has finished or the wait is over. */
export function getJobRoute(parts: GatewayParts): GatewayRoute {
  const get = getJob(parts);
  return {
    method: "GET",
    path: "/v1/jobs/{id}",
    rpc: JobService.method.getJob,
    queryCredential: queryJobToken,
    described: {
      query: { wait: waitParameter },
      headers: ["prefer"],
      answers: {
        200: {
          about: "The job.",
          message: JobSchema,
          headers: ["preference-applied", "retry-after"],
        },
      },
      reasons: ["JOB_NOT_FOUND", "TOO_MANY_STREAMS"],
    },
    async handle({ params, query, headers }, context) {
      const { wait, headers: applied } = waitOf(
        readQuery(query, { wait: waitParameter }).wait,
        headers,
      );
      const request = create(GetJobRequestSchema, { jobId: params.id ?? "", wait });
      return jobAnswer(await get(request, context), { status: 200, headers: applied });
    },
  };
}
