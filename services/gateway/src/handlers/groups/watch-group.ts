import type { GroupService } from "@millrace/proto/group-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../../callers/caller.ts";
import { assertOwnGroup } from "../../callers/own-group.ts";
import type { GatewayParts } from "../../gateway-parts.ts";
import { relayed } from "../../watching/relay.ts";

export const watchGroup = ({
  watchGroup: watch,
  streams,
}: GatewayParts): Handler<typeof GroupService.method.watchGroup, Caller> =>
  async function* ({ groupId }, context) {
    const { keyId } = context.identity;
    assertOwnGroup(groupId, context);
    using _place = streams.enter(keyId);
    const open = (signal: AbortSignal) => watch(keyId, groupId, signal);
    const groups = relayed(open, context, "the gateway is stopping: watch again");
    for await (const group of groups) yield { group };
  };
