import { create } from "@bufbuild/protobuf";
import {
  JobService,
  ListSpendRequestSchema,
  ListSpendResponseSchema,
} from "@millrace/proto/job-service";
import { SpendFilterSchema, SpendGrouping, SpendPageSchema } from "@millrace/proto/spend";
import { assertValid, wholeNumber } from "@millrace/runtime";
import { z } from "zod";
import type { GatewayParts } from "../gateway-parts.ts";
import { listSpend } from "../handlers/list-spend.ts";
import { messageAnswer } from "./json-answer.ts";
import { listOf, readQuery } from "./read-query.ts";
import type { GatewayRoute } from "./route-description.ts";

const groupings = ["day", "model", "account"] as const;
const messages = {
  day: SpendGrouping.DAY,
  model: SpendGrouping.MODEL,
  account: SpendGrouping.ACCOUNT,
} as const;

/** Several words are separated by commas, or the parameter is repeated. */
const words = z
  .union([z.string(), z.array(z.string())])
  .default([])
  .transform((names) =>
    [names]
      .flat()
      .flatMap((name) => name.split(","))
      .filter((name) => name !== ""),
  );

const parameters = {
  firstDay: z.string().default(""),
  lastDay: z.string().default(""),
  groupBy: words.pipe(z.array(z.enum(groupings))).meta(listOf(groupings)),
  groupLabels: words.meta({ type: "array", items: { type: "string" } }),
  pageSize: wholeNumber(0, 5_000).default(0),
  pageToken: z.string().default(""),
};

/** GET /v1/spend: says what the attempts of the caller's jobs cost. */
export function listSpendRoute(parts: GatewayParts): GatewayRoute {
  const list = listSpend(parts);
  return {
    method: "GET",
    path: "/v1/spend",
    rpc: JobService.method.listSpend,
    described: {
      request: SpendFilterSchema,
      query: parameters,
      answers: { 200: { about: "A page of spend.", message: SpendPageSchema } },
    },
    async handle({ query }, context) {
      const { groupBy, ...filter } = readQuery(query, parameters);
      const request = create(ListSpendRequestSchema, {
        filter: { ...filter, groupBy: groupBy.map((one) => messages[one]) },
      });
      assertValid(ListSpendRequestSchema, request);
      const { page } = create(ListSpendResponseSchema, await list(request, context));
      return messageAnswer(200, SpendPageSchema, page ?? create(SpendPageSchema));
    },
  };
}
