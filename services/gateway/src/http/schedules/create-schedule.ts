import { create } from "@bufbuild/protobuf";
import { ScheduleSpecSchema } from "@millrace/proto/schedule";
import {
  CreateScheduleRequestSchema,
  CreateScheduleResponseSchema,
  ScheduleService,
} from "@millrace/proto/schedule-service";
import { assertValid } from "@millrace/runtime";
import type { GatewayParts } from "../../gateway-parts.ts";
import { createSchedule } from "../../handlers/schedules/create-schedule.ts";
import { scheduleSpecOf } from "../../messages/schedule-json.ts";
import { assertJson, readJsonObject } from "../read-json.ts";
import { readQuery } from "../read-query.ts";
import { bodyReasons, type GatewayRoute, jobReasons } from "../route-description.ts";
import { storedAnswer } from "./schedule-answer.ts";

/** POST /v1/schedules: answers 201 with the schedule, and with warnings for people. */
export function createScheduleRoute(parts: GatewayParts): GatewayRoute {
  const createOne = createSchedule(parts);
  return {
    method: "POST",
    path: "/v1/schedules",
    rpc: ScheduleService.method.createSchedule,
    described: {
      body: { message: ScheduleSpecSchema },
      answers: {
        201: {
          about: "The schedule, with warnings for people.",
          message: CreateScheduleResponseSchema,
          headers: ["location"],
        },
      },
      reasons: [...bodyReasons, ...jobReasons, "SCHEDULE_EXISTS", "SCHEDULES_FULL"],
    },
    async handle({ query, headers, body }, context) {
      assertJson(headers.get("content-type"));
      readQuery(query, {});
      const spec = scheduleSpecOf(await readJsonObject(body, ScheduleSpecSchema));
      assertValid(ScheduleSpecSchema, spec);
      const request = create(CreateScheduleRequestSchema, { spec });
      return storedAnswer(await createOne(request, context), 201);
    },
  };
}
