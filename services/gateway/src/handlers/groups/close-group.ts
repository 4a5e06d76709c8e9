import type { GroupService } from "@millrace/proto/group-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../../callers/caller.ts";
import { assertOwnGroup } from "../../callers/own-group.ts";
import type { GatewayParts } from "../../gateway-parts.ts";

export const closeGroup =
  ({ scheduler }: GatewayParts): Handler<typeof GroupService.method.closeGroup, Caller> =>
  async ({ groupId }, context) => {
    const { identity, signal } = context;
    assertOwnGroup(groupId, context);
    const { group } = await scheduler.closeGroup({ keyId: identity.keyId, groupId }, { signal });
    return group === undefined ? {} : { group };
  };
