import { create } from "@bufbuild/protobuf";
import { JobSchema } from "@millrace/proto/job";
import { CancelJobRequestSchema, JobService } from "@millrace/proto/job-service";
import { assertValid } from "@millrace/runtime";
import { z } from "zod";
import { assertOwnJob } from "../callers/own-job.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { cancelJob } from "../handlers/cancel-job.ts";
import { jobAnswer } from "./job-answer.ts";
import { readQuery } from "./read-query.ts";
import type { GatewayRoute } from "./route-description.ts";

const parameters = { reason: z.string().default("") };

/** DELETE /v1/jobs/{id}: answers 200 if the job is cancelled, and 202 while its worker still has to stop. */
export function cancelJobRoute(parts: GatewayParts): GatewayRoute {
  const cancel = cancelJob(parts);
  return {
    method: "DELETE",
    path: "/v1/jobs/{id}",
    rpc: JobService.method.cancelJob,
    described: {
      query: parameters,
      answers: {
        200: { about: "The job, which is cancelled.", message: JobSchema },
        202: {
          about: "The job, which its worker still has to stop.",
          message: JobSchema,
          headers: ["retry-after"],
        },
      },
      reasons: ["JOB_NOT_FOUND", "ILLEGAL_TRANSITION"],
    },
    async handle({ params: { id = "" }, query }, context) {
      assertOwnJob(id, context);
      const request = create(CancelJobRequestSchema, {
        jobId: id,
        reason: readQuery(query, parameters).reason,
      });
      assertValid(CancelJobRequestSchema, request);
      return jobAnswer(await cancel(request, context));
    },
  };
}
