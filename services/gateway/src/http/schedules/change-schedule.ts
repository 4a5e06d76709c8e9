import { create } from "@bufbuild/protobuf";
import { ScheduleSchema } from "@millrace/proto/schedule";
import {
  DeleteScheduleRequestSchema,
  DeleteScheduleResponseSchema,
  PauseScheduleRequestSchema,
  ResumeScheduleRequestSchema,
  RunScheduleNowRequestSchema,
  RunScheduleNowResponseSchema,
  ScheduleService,
} from "@millrace/proto/schedule-service";
import { assertValid } from "@millrace/runtime";
import { z } from "zod";
import type { GatewayParts } from "../../gateway-parts.ts";
import { deleteSchedule } from "../../handlers/schedules/delete-schedule.ts";
import { pauseSchedule } from "../../handlers/schedules/pause-schedule.ts";
import { resumeSchedule } from "../../handlers/schedules/resume-schedule.ts";
import { runScheduleNow } from "../../handlers/schedules/run-schedule-now.ts";
import { jsonAnswer } from "../json-answer.ts";
import { readQuery } from "../read-query.ts";
import { type GatewayRoute, jobReasons } from "../route-description.ts";
import { scheduleAnswer } from "./schedule-answer.ts";

/** The routes that change a schedule without a body: DELETE, and POST with the verbs `:pause`, `:resume` and `:run`. */
export const changeScheduleRoutes = (parts: GatewayParts): GatewayRoute[] => [
  deleteRoute(parts),
  pauseRoute(parts),
  resumeRoute(parts),
  runRoute(parts),
];

function deleteRoute(parts: GatewayParts): GatewayRoute {
  const remove = deleteSchedule(parts);
  return {
    method: "DELETE",
    path: "/v1/schedules/{id}",
    rpc: ScheduleService.method.deleteSchedule,
    described: {
      answers: { 200: { about: "An empty object.", message: DeleteScheduleResponseSchema } },
      reasons: ["SCHEDULE_NOT_FOUND"],
    },
    async handle({ params: { id = "" }, query }, context) {
      readQuery(query, {});
      await remove(create(DeleteScheduleRequestSchema, { scheduleId: id }), context);
      return jsonAnswer(200, "{}");
    },
  };
}

const pauseParameters = { note: z.string().default("") };

function pauseRoute(parts: GatewayParts): GatewayRoute {
  const pause = pauseSchedule(parts);
  return {
    method: "POST",
    path: "/v1/schedules/{id}:pause",
    rpc: ScheduleService.method.pauseSchedule,
    described: {
      query: pauseParameters,
      answers: { 200: { about: "The schedule.", message: ScheduleSchema } },
      reasons: ["SCHEDULE_NOT_FOUND"],
    },
    async handle({ params: { id = "" }, query }, context) {
      const { note } = readQuery(query, pauseParameters);
      const request = create(PauseScheduleRequestSchema, { scheduleId: id, note });
      assertValid(PauseScheduleRequestSchema, request);
      return scheduleAnswer(await pause(request, context));
    },
  };
}

function resumeRoute(parts: GatewayParts): GatewayRoute {
  const resume = resumeSchedule(parts);
  return {
    method: "POST",
    path: "/v1/schedules/{id}:resume",
    rpc: ScheduleService.method.resumeSchedule,
    described: {
      answers: { 200: { about: "The schedule.", message: ScheduleSchema } },
      reasons: ["SCHEDULE_NOT_FOUND"],
    },
    async handle({ params: { id = "" }, query }, context) {
      readQuery(query, {});
      const request = create(ResumeScheduleRequestSchema, { scheduleId: id });
      return scheduleAnswer(await resume(request, context));
    },
  };
}

/** Answers 202 with the id of the job. */
function runRoute(parts: GatewayParts): GatewayRoute {
  const run = runScheduleNow(parts);
  return {
    method: "POST",
    path: "/v1/schedules/{id}:run",
    rpc: ScheduleService.method.runScheduleNow,
    described: {
      answers: {
        202: {
          about: "The id of the job.",
          message: RunScheduleNowResponseSchema,
          headers: ["location"],
        },
      },
      reasons: ["SCHEDULE_NOT_FOUND", ...jobReasons],
    },
    async handle({ params: { id = "" }, query }, context) {
      readQuery(query, {});
      const request = create(RunScheduleNowRequestSchema, { scheduleId: id });
      const { jobId } = create(RunScheduleNowResponseSchema, await run(request, context));
      return jsonAnswer(202, JSON.stringify({ jobId }), { location: `/v1/jobs/${jobId}` });
    },
  };
}
