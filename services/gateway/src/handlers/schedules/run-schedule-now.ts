import type { ScheduleService } from "@millrace/proto/schedule-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../../callers/caller.ts";
import { assertOwnSchedule } from "../../callers/own-schedule.ts";
import type { GatewayParts } from "../../gateway-parts.ts";

export const runScheduleNow =
  ({
    scheduler,
    newRunId,
  }: GatewayParts): Handler<typeof ScheduleService.method.runScheduleNow, Caller> =>
  async ({ scheduleId }, context) => {
    const { identity, signal, concerns } = context;
    assertOwnSchedule(scheduleId, context);
    // Made once, so that the client's retries submit the job once.
    const jobId = await newRunId(scheduleId);
    await scheduler.runSchedule({ keyId: identity.keyId, scheduleId, jobId }, { signal });
    concerns(jobId, "job");
    return { jobId };
  };
