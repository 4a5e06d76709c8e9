import type { ScheduleService } from "@millrace/proto/schedule-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../../callers/caller.ts";
import { assertOwnSchedule } from "../../callers/own-schedule.ts";
import type { GatewayParts } from "../../gateway-parts.ts";

export const getSchedule =
  ({ scheduler }: GatewayParts): Handler<typeof ScheduleService.method.getSchedule, Caller> =>
  async ({ scheduleId }, context) => {
    const { identity, signal } = context;
    assertOwnSchedule(scheduleId, context);
    const call = { keyId: identity.keyId, scheduleId };
    const { schedule } = await scheduler.getSchedule(call, { signal });
    return schedule === undefined ? {} : { schedule };
  };
