import type { ScheduleService } from "@millrace/proto/schedule-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../../callers/caller.ts";
import { assertOwnSchedule, scheduleNotFound } from "../../callers/own-schedule.ts";
import type { GatewayParts } from "../../gateway-parts.ts";

export const deleteSchedule =
  ({ scheduler }: GatewayParts): Handler<typeof ScheduleService.method.deleteSchedule, Caller> =>
  async ({ scheduleId }, context) => {
    const { identity, signal } = context;
    assertOwnSchedule(scheduleId, context);
    const call = { keyId: identity.keyId, scheduleId };
    const { existed } = await scheduler.deleteSchedule(call, { signal });
    if (!existed) throw scheduleNotFound(scheduleId);
    return {};
  };
