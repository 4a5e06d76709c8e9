import { create } from "@bufbuild/protobuf";
import type { JobSpec } from "@millrace/proto/job";
import {
  JobService,
  SubmitJobsRequestSchema,
  SubmitJobsResponseSchema,
  type SubmitResult,
} from "@millrace/proto/job-service";
import { RpcFault, rpcError } from "@millrace/runtime";
import { limits } from "@millrace/shared";
import type { GatewayParts } from "../gateway-parts.ts";
import { submitJobs } from "../handlers/submit-jobs.ts";
import { submitResultJson } from "../messages/group-json.ts";
import { jobSpecOf } from "../messages/job-spec-json.ts";
import { refusedResult } from "../messages/refused-result.ts";
import { jsonAnswer } from "./json-answer.ts";
import { assertJson, readJsonObject } from "./read-json.ts";
import { readQuery } from "./read-query.ts";
import { bodyReasons, type GatewayRoute } from "./route-description.ts";

const malformed = (field: string, description: string) =>
  rpcError({
    reason: "MALFORMED",
    message: `${field}: ${description}`,
    violations: [{ field, description }],
  });

/** Reads one job. A job that cannot be read is refused like one that breaks a rule, and does not affect the rest. */
function readJob(json: unknown): JobSpec | SubmitResult {
  try {
    if (typeof json === "object" && json !== null && !Array.isArray(json)) {
      return jobSpecOf(json as Record<string, unknown>);
    }
    throw malformed("job", "must be a JSON object");
  } catch (error) {
    if (error instanceof RpcFault) return refusedResult(error);
    throw error;
  }
}

const isSpec = (read: JobSpec | SubmitResult): read is JobSpec =>
  read.$typeName === "millrace.jobs.v1.JobSpec";

function jobsOf({ jobs, ...rest }: Readonly<Record<string, unknown>>): readonly unknown[] {
  const [other] = Object.keys(rest);
  if (other !== undefined) throw malformed(other.slice(0, 64), "is no field of this message");
  if (Array.isArray(jobs) && jobs.length > 0 && jobs.length <= limits.jobsPerSubmit) return jobs;
  throw malformed("jobs", `must be a list of 1 to ${limits.jobsPerSubmit} jobs`);
}

/** POST /v1/jobs:batch: answers 200 with the result of each job, in order. */
export function submitJobsRoute(parts: GatewayParts): GatewayRoute {
  const submit = submitJobs(parts);
  return {
    method: "POST",
    path: "/v1/jobs:batch",
    rpc: JobService.method.submitJobs,
    described: {
      body: { message: SubmitJobsRequestSchema },
      answers: {
        200: { about: "The result of each job, in order.", message: SubmitJobsResponseSchema },
      },
      reasons: [...bodyReasons, "TOO_MANY_SUBMISSIONS"],
    },
    async handle({ query, headers, body }, context) {
      assertJson(headers.get("content-type"));
      readQuery(query, {});
      if (headers.get("idempotency-key") !== undefined) {
        const description = "would name all jobs: give each job an idempotencyKey of its own";
        throw malformed("Idempotency-Key", description);
      }
      const read = jobsOf(await readJsonObject(body, SubmitJobsRequestSchema)).map(readJob);
      const request = create(SubmitJobsRequestSchema, { jobs: read.filter(isSpec) });
      const { results } = create(SubmitJobsResponseSchema, await submit(request, context));
      const inOrder = read.map((one) => (isSpec(one) ? results.shift() : one));
      if (inOrder.includes(undefined)) throw new Error("the submitter returned too few results");
      const texts = (inOrder as SubmitResult[]).map(submitResultJson);
      return jsonAnswer(200, `{"results":[${texts.join(",")}]}`);
    },
  };
}
