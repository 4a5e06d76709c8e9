import type { Engine } from "@millrace/engine";
import { JobState } from "@millrace/proto/job";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import type { Handler } from "@millrace/runtime";
import { groupChildMessage } from "../../messages/group-message.ts";
import { groupNotFound, ownGroupId } from "./own-group.ts";
import { unfinishedStates } from "./unfinished-states.ts";

const DEFAULT_PAGE_SIZE = 100;

/** Lists children. The engine knows how each child ended; the states of the others are read with their jobs. */
export const listGroupChildren =
  (
    engine: Pick<Engine, "listGroupChildren" | "getJobs">,
  ): Handler<(typeof SchedulerService)["method"]["listGroupChildren"], undefined> =>
  async ({ keyId, filter }) => {
    const { groupId = "", afterIndex = 0, pageSize = 0 } = filter ?? {};
    const limit = pageSize || DEFAULT_PAGE_SIZE;
    const id = ownGroupId(keyId, groupId);
    const read = await engine.listGroupChildren(id, afterIndex, limit);
    if (read === undefined) throw groupNotFound();
    const states = await unfinishedStates(engine, read.children);
    const children = read.children.map((child) =>
      groupChildMessage(child, states.get(child.jobId) ?? JobState.QUEUED),
    );
    return { page: { children, more: read.more } };
  };
