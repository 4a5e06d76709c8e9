import type { GroupService } from "@millrace/proto/group-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../../callers/caller.ts";
import { assertOwnGroup } from "../../callers/own-group.ts";
import type { GatewayParts } from "../../gateway-parts.ts";

export const cancelGroup =
  ({ scheduler }: GatewayParts): Handler<typeof GroupService.method.cancelGroup, Caller> =>
  async (cancel, context) => {
    const { identity, signal } = context;
    assertOwnGroup(cancel.groupId, context);
    const { group } = await scheduler.cancelGroup({ keyId: identity.keyId, cancel }, { signal });
    return group === undefined ? {} : { group };
  };
