import { durationMs } from "@bufbuild/protobuf/wkt";
import type { GroupService } from "@millrace/proto/group-service";
import type { Handler } from "@millrace/runtime";
import type { Caller } from "../../callers/caller.ts";
import { assertOwnGroup } from "../../callers/own-group.ts";
import type { GatewayParts } from "../../gateway-parts.ts";
import { waitGroupFinished } from "../../watching/wait-group-finished.ts";

export const getGroup =
  ({
    scheduler,
    watchGroup,
    clock,
    streams,
  }: GatewayParts): Handler<typeof GroupService.method.getGroup, Caller> =>
  async ({ groupId, wait }, context) => {
    const { identity, signal, draining } = context;
    const { keyId } = identity;
    assertOwnGroup(groupId, context);
    const waitMs = wait === undefined ? 0 : durationMs(wait);
    if (waitMs > 0) {
      using _place = streams.enter(keyId);
      const options = { waitMs, clock, signals: [signal, draining] };
      await waitGroupFinished(watchGroup, keyId, groupId, options);
    }
    const { group } = await scheduler.getGroup({ keyId, groupId }, { signal });
    return group === undefined ? {} : { group };
  };
