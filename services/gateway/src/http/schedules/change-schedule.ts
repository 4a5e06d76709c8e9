import { create } from "@bufbuild/protobuf";
import {
  DeleteScheduleRequestSchema,
  PauseScheduleRequestSchema,
  ResumeScheduleRequestSchema,
  RunScheduleNowRequestSchema,
  RunScheduleNowResponseSchema,
  ScheduleService,
} from "@millrace/proto/schedule-service";
import { assertValid, type HttpRoute } from "@millrace/runtime";
import { z } from "zod";
import type { Caller } from "../../callers/caller.ts";
import type { GatewayParts } from "../../gateway-parts.ts";
import { deleteSchedule } from "../../handlers/schedules/delete-schedule.ts";
import { pauseSchedule } from "../../handlers/schedules/pause-schedule.ts";
import { resumeSchedule } from "../../handlers/schedules/resume-schedule.ts";
import { runScheduleNow } from "../../handlers/schedules/run-schedule-now.ts";
import { jsonAnswer } from "../json-answer.ts";
import { readQuery } from "../read-query.ts";
import { scheduleAnswer } from "./schedule-answer.ts";

/** The routes that change a schedule without a body: DELETE, and POST with the verbs `:pause`, `:resume` and `:run`. */
export const changeScheduleRoutes = (parts: GatewayParts): HttpRoute<Caller>[] => [
  deleteRoute(parts),
  pauseRoute(parts),
  resumeRoute(parts),
  runRoute(parts),
];

function deleteRoute(parts: GatewayParts): HttpRoute<Caller> {
  const remove = deleteSchedule(parts);
  return {
    method: "DELETE",
    path: "/v1/schedules/{id}",
    rpc: ScheduleService.method.deleteSchedule,
    async handle({ params: { id = "" }, query }, context) {
      readQuery(query, {});
      await remove(create(DeleteScheduleRequestSchema, { scheduleId: id }), context);
      return jsonAnswer(200, "{}");
    },
  };
}

function pauseRoute(parts: GatewayParts): HttpRoute<Caller> {
  const pause = pauseSchedule(parts);
  return {
    method: "POST",
    path: "/v1/schedules/{id}:pause",
    rpc: ScheduleService.method.pauseSchedule,
    async handle({ params: { id = "" }, query }, context) {
      const { note } = readQuery(query, { note: z.string().default("") });
      const request = create(PauseScheduleRequestSchema, { scheduleId: id, note });
      assertValid(PauseScheduleRequestSchema, request);
      return scheduleAnswer(await pause(request, context));
    },
  };
}

function resumeRoute(parts: GatewayParts): HttpRoute<Caller> {
  const resume = resumeSchedule(parts);
  return {
    method: "POST",
    path: "/v1/schedules/{id}:resume",
    rpc: ScheduleService.method.resumeSchedule,
    async handle({ params: { id = "" }, query }, context) {
      readQuery(query, {});
      const request = create(ResumeScheduleRequestSchema, { scheduleId: id });
      return scheduleAnswer(await resume(request, context));
    },
  };
}

/** Answers 202 with the id of the job. */
function runRoute(parts: GatewayParts): HttpRoute<Caller> {
  const run = runScheduleNow(parts);
  return {
    method: "POST",
    path: "/v1/schedules/{id}:run",
    rpc: ScheduleService.method.runScheduleNow,
    async handle({ params: { id = "" }, query }, context) {
      readQuery(query, {});
      const request = create(RunScheduleNowRequestSchema, { scheduleId: id });
      const { jobId } = create(RunScheduleNowResponseSchema, await run(request, context));
      return jsonAnswer(202, JSON.stringify({ jobId }), { location: `/v1/jobs/${jobId}` });
    },
  };
}
