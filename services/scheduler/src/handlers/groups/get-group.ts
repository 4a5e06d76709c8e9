import type { Engine } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import type { Handler } from "@millrace/runtime";
import { groupMessage } from "../../messages/group-message.ts";
import { groupNotFound, ownGroupId } from "./own-group.ts";

export const getGroup =
  (
    engine: Pick<Engine, "getGroups">,
  ): Handler<(typeof SchedulerService)["method"]["getGroup"], undefined> =>
  async ({ keyId, groupId }) => {
    const [group] = await engine.getGroups([ownGroupId(keyId, groupId)]);
    if (group === undefined) throw groupNotFound();
    return { group: groupMessage(group) };
  };
