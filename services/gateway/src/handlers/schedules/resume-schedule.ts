import type { ScheduleService } from "@millrace/proto/schedule-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../../callers/caller.ts";
import { assertOwnSchedule } from "../../callers/own-schedule.ts";
import type { GatewayParts } from "../../gateway-parts.ts";

export const resumeSchedule =
  ({ scheduler }: GatewayParts): Handler<typeof ScheduleService.method.resumeSchedule, Caller> =>
  async ({ scheduleId }, context) => {
    const { identity, signal } = context;
    assertOwnSchedule(scheduleId, context);
    const call = { keyId: identity.keyId, scheduleId, paused: false };
    const { schedule } = await scheduler.pauseSchedule(call, { signal });
    return schedule === undefined ? {} : { schedule };
  };
