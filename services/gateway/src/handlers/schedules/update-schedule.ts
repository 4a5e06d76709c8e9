import type { ScheduleService } from "@millrace/proto/schedule-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { parseScheduleId } from "@millrace/shared";
import type { Caller } from "../../callers/caller.ts";
import { assertOwnSchedule } from "../../callers/own-schedule.ts";
import type { GatewayParts } from "../../gateway-parts.ts";

export const updateSchedule =
  ({
    scheduler,
    prepareScheduled,
  }: GatewayParts): Handler<typeof ScheduleService.method.updateSchedule, Caller> =>
  async (update, context) => {
    const { identity, signal } = context;
    const { scheduleId, changes } = update;
    assertOwnSchedule(scheduleId, context);
    const { queue = "", name = "" } = parseScheduleId(scheduleId) ?? {};
    if (changes !== undefined && changes.name !== "" && changes.name !== name) {
      const description = `must be ${name}, or be left out: a schedule keeps its name`;
      throw rpcError({
        reason: "MALFORMED",
        message: `name: ${description}`,
        violations: [{ field: "name", description }],
      });
    }
    if (changes?.job?.queue === "") changes.job.queue = queue;
    await prepareScheduled(identity.keyId, changes?.job);
    const { reply } = await scheduler.updateSchedule({ keyId: identity.keyId, update }, { signal });
    return reply ?? {};
  };
