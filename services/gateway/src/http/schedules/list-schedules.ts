import { create } from "@bufbuild/protobuf";
import {
  ListSchedulesRequestSchema,
  ListSchedulesResponseSchema,
  ScheduleService,
} from "@millrace/proto/schedule-service";
import { assertValid, wholeNumber } from "@millrace/runtime";
import { z } from "zod";
import type { GatewayParts } from "../../gateway-parts.ts";
import { listSchedules } from "../../handlers/schedules/list-schedules.ts";
import { scheduleJson } from "../../messages/schedule-json.ts";
import { jsonAnswer } from "../json-answer.ts";
import { readQuery } from "../read-query.ts";
import type { GatewayRoute } from "../route-description.ts";

const parameters = {
  queue: z.string(),
  pageSize: wholeNumber(0, 500).default(0),
  pageToken: z.string().default(""),
};

/** GET /v1/schedules: lists the caller's schedules in one queue, by name. */
export function listSchedulesRoute(parts: GatewayParts): GatewayRoute {
  const list = listSchedules(parts);
  return {
    method: "GET",
    path: "/v1/schedules",
    rpc: ScheduleService.method.listSchedules,
    described: {
      query: parameters,
      answers: { 200: { about: "A page of schedules.", message: ListSchedulesResponseSchema } },
      reasons: ["QUEUE_NOT_FOUND"],
    },
    async handle({ query }, context) {
      const request = create(ListSchedulesRequestSchema, readQuery(query, parameters));
      assertValid(ListSchedulesRequestSchema, request);
      const page = create(ListSchedulesResponseSchema, await list(request, context));
      const schedules = page.schedules.map(scheduleJson).join(",");
      const next = JSON.stringify(page.nextPageToken);
      return jsonAnswer(200, `{"schedules":[${schedules}],"nextPageToken":${next}}`);
    },
  };
}
