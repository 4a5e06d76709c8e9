import type { ScheduleService } from "@millrace/proto/schedule-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../../callers/caller.ts";
import type { GatewayParts } from "../../gateway-parts.ts";

export const listSchedules =
  ({ scheduler }: GatewayParts): Handler<typeof ScheduleService.method.listSchedules, Caller> =>
  async (filter, { identity, signal }) => {
    const { page } = await scheduler.listSchedules({ keyId: identity.keyId, filter }, { signal });
    return page ?? {};
  };
