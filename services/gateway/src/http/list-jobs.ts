import { create } from "@bufbuild/protobuf";
import { JobState } from "@millrace/proto/job";
import {
  JobService,
  ListJobsRequestSchema,
  ListJobsResponseSchema,
} from "@millrace/proto/job-service";
import { assertValid, wholeNumber } from "@millrace/runtime";
import { jobStates, type JobState as StateName } from "@millrace/shared";
import { z } from "zod";
import type { GatewayParts } from "../gateway-parts.ts";
import { listJobs } from "../handlers/list-jobs.ts";
import { jobJson } from "../messages/job-json.ts";
import { jsonAnswer } from "./json-answer.ts";
import { listOf, readQuery } from "./read-query.ts";
import type { GatewayRoute } from "./route-description.ts";

/** Accepts `succeeded` as well as the name in proto3 JSON, `JOB_STATE_SUCCEEDED`. */
const state = z
  .string()
  .transform((name) => name.toUpperCase().replace(/^JOB_STATE_/, ""))
  .pipe(z.enum(jobStates));

const parameters = {
  queue: z.string(),
  /** One or several states. Several are separated by commas, or the parameter is repeated. */
  state: z
    .union([z.string(), z.array(z.string())])
    .default([])
    .transform((names) => [names].flat().flatMap((name) => name.split(",")))
    .pipe(z.array(state))
    .meta(listOf(jobStates)),
  type: z.string().default(""),
  label: z.string().default(""),
  pageSize: wholeNumber(0, 500).default(0),
  pageToken: z.string().default(""),
};

/** GET /v1/jobs: lists the caller's jobs in one queue, newest first. */
export function listJobsRoute(parts: GatewayParts): GatewayRoute {
  const list = listJobs(parts);
  return {
    method: "GET",
    path: "/v1/jobs",
    rpc: JobService.method.listJobs,
    described: {
      query: parameters,
      fields: { state: "states" },
      answers: { 200: { about: "A page of jobs.", message: ListJobsResponseSchema } },
      reasons: ["QUEUE_NOT_FOUND"],
    },
    async handle({ query }, context) {
      const { state: names, ...filter } = readQuery(query, parameters);
      const states = names.map((name: StateName) => JobState[name]);
      const request = create(ListJobsRequestSchema, { ...filter, states });
      assertValid(ListJobsRequestSchema, request);
      const page = create(ListJobsResponseSchema, await list(request, context));
      const jobs = page.jobs.map(jobJson).join(",");
      const next = JSON.stringify(page.nextPageToken);
      return jsonAnswer(200, `{"jobs":[${jobs}],"nextPageToken":${next}}`);
    },
  };
}
