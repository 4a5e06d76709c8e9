import { create, type JsonObject } from "@bufbuild/protobuf";
import {
  JobService,
  QuoteJobsRequestSchema,
  QuoteJobsResponseSchema,
} from "@millrace/proto/job-service";
import { assertValid, messageFromJson } from "@millrace/runtime";
import type { GatewayParts } from "../gateway-parts.ts";
import { quoteJobs } from "../handlers/quote-jobs.ts";
import { withPayloadText } from "../messages/job-spec-json.ts";
import { messageAnswer } from "./json-answer.ts";
import { assertJson, readJsonObject } from "./read-json.ts";
import { readQuery } from "./read-query.ts";
import { bodyReasons, documentStoreReasons, type GatewayRoute } from "./route-description.ts";

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** POST /v1/jobs:quote: says what jobs would spend and when they would run. It submits nothing. */
export function quoteJobsRoute(parts: GatewayParts): GatewayRoute {
  const quote = quoteJobs(parts);
  return {
    method: "POST",
    path: "/v1/jobs:quote",
    rpc: JobService.method.quoteJobs,
    described: {
      body: { message: QuoteJobsRequestSchema },
      answers: {
        200: {
          about: "A quote of each job, in order, and their sum.",
          message: QuoteJobsResponseSchema,
        },
      },
      reasons: [
        ...bodyReasons,
        ...documentStoreReasons,
        ...(["UNKNOWN_JOB_TYPE", "QUEUE_NOT_FOUND", "MODEL_NOT_FOUND"] as const),
        ...(["DOCUMENT_NOT_FOUND", "TOO_MANY_SUBMISSIONS"] as const),
      ],
    },
    async handle({ query, headers, body }, context) {
      assertJson(headers.get("content-type"));
      readQuery(query, {});
      const { jobs, ...rest } = await readJsonObject(body, QuoteJobsRequestSchema);
      const json = {
        ...rest,
        ...(jobs === undefined ? {} : { jobs: withPayloadTexts(jobs) }),
      };
      const request = messageFromJson(QuoteJobsRequestSchema, json as JsonObject);
      assertValid(QuoteJobsRequestSchema, request);
      const answer = await quote(request, context);
      return messageAnswer(200, QuoteJobsResponseSchema, create(QuoteJobsResponseSchema, answer));
    },
  };
}

/** Takes the payload of each job as JSON or as text, like a submission. What is no job is refused with the message. */
const withPayloadTexts = (jobs: unknown): unknown =>
  Array.isArray(jobs)
    ? jobs.map((job, index) => (isObject(job) ? withPayloadText(job, `jobs[${index}].`) : job))
    : jobs;
