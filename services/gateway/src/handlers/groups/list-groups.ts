import type { GroupService } from "@millrace/proto/group-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../../callers/caller.ts";
import type { GatewayParts } from "../../gateway-parts.ts";

export const listGroups =
  ({ scheduler }: GatewayParts): Handler<typeof GroupService.method.listGroups, Caller> =>
  async (filter, { identity, signal }) => {
    const { page } = await scheduler.listGroups({ keyId: identity.keyId, filter }, { signal });
    return page ?? {};
  };
