import type { GroupService } from "@millrace/proto/group-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../../callers/caller.ts";
import { assertOwnGroup } from "../../callers/own-group.ts";
import type { GatewayParts } from "../../gateway-parts.ts";

export const listGroupChildren =
  ({ scheduler }: GatewayParts): Handler<typeof GroupService.method.listGroupChildren, Caller> =>
  async (filter, context) => {
    const { identity, signal } = context;
    assertOwnGroup(filter.groupId, context);
    const call = { keyId: identity.keyId, filter };
    const { page } = await scheduler.listGroupChildren(call, { signal });
    return page ?? {};
  };
