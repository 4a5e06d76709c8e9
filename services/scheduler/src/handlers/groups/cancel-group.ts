import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import type { Handler } from "@millrace/runtime";
import { groupMessage } from "../../messages/group-message.ts";
import { changedGroup, ownGroupId } from "./own-group.ts";

/** Cancels a group. It succeeds for a CANCELLED group too, so that a caller that lost the reply may retry. */
export const cancelGroup =
  (
    engine: Pick<Engine, "cancelGroup">,
  ): Handler<(typeof SchedulerService)["method"]["cancelGroup"], undefined> =>
  async ({ keyId, cancel }) => {
    const id = ownGroupId(keyId, cancel?.groupId ?? "");
    const outcome = await engine.cancelGroup(id, cancel?.reason ?? "");
    return { group: groupMessage(changedGroup(outcome, "CANCELLED")) };
  };
