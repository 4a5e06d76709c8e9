import { create } from "@bufbuild/protobuf";
import { GetScheduleRequestSchema, ScheduleService } from "@millrace/proto/schedule-service";
import type { HttpRoute } from "@millrace/runtime";
import type { Caller } from "../../callers/caller.ts";
import type { GatewayParts } from "../../gateway-parts.ts";
import { getSchedule } from "../../handlers/schedules/get-schedule.ts";
import { readQuery } from "../read-query.ts";
import { scheduleAnswer } from "./schedule-answer.ts";

/** GET /v1/schedules/{id}. */
export function getScheduleRoute(parts: GatewayParts): HttpRoute<Caller> {
  const get = getSchedule(parts);
  return {
    method: "GET",
    path: "/v1/schedules/{id}",
    rpc: ScheduleService.method.getSchedule,
    async handle({ params: { id = "" }, query }, context) {
      readQuery(query, {});
      return scheduleAnswer(
        await get(create(GetScheduleRequestSchema, { scheduleId: id }), context),
      );
    },
  };
}
