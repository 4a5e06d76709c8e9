import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import type { Handler } from "@millrace/runtime";
import { groupMessage } from "../../messages/group-message.ts";
import { changedGroup, ownGroupId } from "./own-group.ts";

/**
 * Closes a group. It succeeds for a closed group too, so that a caller that lost the reply may retry, and for one that
 * has finished, because its children may end before the call that closes it.
 */
export const closeGroup =
  (
    engine: Pick<Engine, "closeGroup">,
  ): Handler<(typeof SchedulerService)["method"]["closeGroup"], undefined> =>
  async ({ keyId, groupId }) => {
    const outcome = await engine.closeGroup(ownGroupId(keyId, groupId));
    const kept = outcome.kind === "alreadyFinal" ? outcome.group : changedGroup(outcome);
    return { group: groupMessage(kept) };
  };
