import { create } from "@bufbuild/protobuf";
import { ScheduleSpecSchema } from "@millrace/proto/schedule";
import {
  ScheduleService,
  UpdateScheduleRequestSchema,
  UpdateScheduleResponseSchema,
} from "@millrace/proto/schedule-service";
import type { GatewayParts } from "../../gateway-parts.ts";
import { updateSchedule } from "../../handlers/schedules/update-schedule.ts";
import { scheduleSpecOf } from "../../messages/schedule-json.ts";
import { assertJson, readJsonObject } from "../read-json.ts";
import { readQuery } from "../read-query.ts";
import { bodyReasons, type GatewayRoute, jobReasons } from "../route-description.ts";
import { storedAnswer } from "./schedule-answer.ts";

/** PATCH /v1/schedules/{id}: the members of the body replace those of the schedule, the job as a whole. */
export function updateScheduleRoute(parts: GatewayParts): GatewayRoute {
  const update = updateSchedule(parts);
  return {
    method: "PATCH",
    path: "/v1/schedules/{id}",
    rpc: ScheduleService.method.updateSchedule,
    described: {
      body: { message: ScheduleSpecSchema, changes: true },
      answers: {
        200: {
          about: "The schedule, with warnings for people.",
          message: UpdateScheduleResponseSchema,
          headers: ["location"],
        },
      },
      reasons: [...bodyReasons, ...jobReasons, "SCHEDULE_NOT_FOUND"],
    },
    async handle({ params: { id = "" }, query, headers, body }, context) {
      assertJson(headers.get("content-type"));
      readQuery(query, {});
      const changes = scheduleSpecOf(await readJsonObject(body, ScheduleSpecSchema));
      const request = create(UpdateScheduleRequestSchema, { scheduleId: id, changes });
      return storedAnswer(await update(request, context), 200);
    },
  };
}
