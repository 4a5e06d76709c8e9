import type { ScheduleService } from "@millrace/proto/schedule-service";
import { type Handler, rpcError } from "@millrace/runtime";
import type { Caller } from "../../callers/caller.ts";
import type { GatewayParts } from "../../gateway-parts.ts";

export const createSchedule =
  ({
    scheduler,
    prepareScheduled,
  }: GatewayParts): Handler<typeof ScheduleService.method.createSchedule, Caller> =>
  async ({ spec }, { identity, signal, concerns }) => {
    if (spec === undefined) {
      throw rpcError({ reason: "MALFORMED", message: "spec: value is required" });
    }
    const { keyId } = identity;
    await prepareScheduled(keyId, spec.job);
    const { reply } = await scheduler.createSchedule({ keyId, spec }, { signal });
    if (reply?.schedule !== undefined) concerns(reply.schedule.id, "schedule");
    return reply ?? {};
  };
