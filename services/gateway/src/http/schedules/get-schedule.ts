import { create } from "@bufbuild/protobuf";
import { ScheduleSchema } from "@millrace/proto/schedule";
import { GetScheduleRequestSchema, ScheduleService } from "@millrace/proto/schedule-service";
import type { GatewayParts } from "../../gateway-parts.ts";
import { getSchedule } from "../../handlers/schedules/get-schedule.ts";
import { readQuery } from "../read-query.ts";
import type { GatewayRoute } from "../route-description.ts";
import { scheduleAnswer } from "./schedule-answer.ts";

/** GET /v1/schedules/{id}. */
export function getScheduleRoute(parts: GatewayParts): GatewayRoute {
  const get = getSchedule(parts);
  return {
    method: "GET",
    path: "/v1/schedules/{id}",
    rpc: ScheduleService.method.getSchedule,
    described: {
      answers: { 200: { about: "The schedule.", message: ScheduleSchema } },
      reasons: ["SCHEDULE_NOT_FOUND"],
    },
    async handle({ params: { id = "" }, query }, context) {
      readQuery(query, {});
      return scheduleAnswer(
        await get(create(GetScheduleRequestSchema, { scheduleId: id }), context),
      );
    },
  };
}
