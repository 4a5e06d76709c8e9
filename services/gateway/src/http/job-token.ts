import { create } from "@bufbuild/protobuf";
import {
  CreateJobTokenRequestSchema,
  CreateJobTokenResponseSchema,
  JobService,
  JobTokenRight,
} from "@millrace/proto/job-service";
import { assertValid, wholeNumber } from "@millrace/runtime";
import { z } from "zod";
import { assertOwnJob } from "../callers/own-job.ts";
import type { GatewayParts } from "../gateway-parts.ts";
import { createJobToken } from "../handlers/create-job-token.ts";
import { messageAnswer } from "./json-answer.ts";
import { readQuery } from "./read-query.ts";
import type { GatewayRoute } from "./route-description.ts";

const parameters = {
  right: z.enum(["read", "cancel"], { error: "must be read or cancel" }).default("read"),
  /** In seconds. */
  lifetime: wholeNumber(1, 86_400).optional(),
};

/** POST /v1/jobs/{id}/token: makes a token for this job. The query says what it allows, and for how long. */
export function jobTokenRoute(parts: GatewayParts): GatewayRoute {
  const createOne = createJobToken(parts);
  return {
    method: "POST",
    path: "/v1/jobs/{id}/token",
    rpc: JobService.method.createJobToken,
    described: {
      query: parameters,
      answers: { 201: { about: "The token.", message: CreateJobTokenResponseSchema } },
      reasons: ["JOB_NOT_FOUND"],
    },
    async handle({ params: { id = "" }, query }, context) {
      assertOwnJob(id, context);
      const { right, lifetime } = readQuery(query, parameters);
      const request = create(CreateJobTokenRequestSchema, {
        jobId: id,
        right: right === "cancel" ? JobTokenRight.CANCEL : JobTokenRight.READ,
        ...(lifetime === undefined ? {} : { lifetime: { seconds: BigInt(lifetime) } }),
      });
      assertValid(CreateJobTokenRequestSchema, request);
      return messageAnswer(201, CreateJobTokenResponseSchema, await createOne(request, context));
    },
  };
}
