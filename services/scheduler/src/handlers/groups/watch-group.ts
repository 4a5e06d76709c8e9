import type { Engine, GroupRecord } from "@millrace/engine";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError } from "@millrace/runtime";
import { type Clock, createBatcher, type GroupId, queueOf, sleep } from "@millrace/shared";
import { groupMessage } from "../../messages/group-message.ts";
import { hasFinished } from "../../policy/group-state.ts";
import { jobNews } from "../../watching/job-news.ts";
import { groupNotFound, ownGroupId } from "./own-group.ts";

/** The pause between two reads for one watcher. Thousands of children may end within it. */
const PAUSE_MS = 250;
/** How many groups one call reads, for all watches together. */
const GROUPS_PER_READ = 64;

/**
 * Follows a group until its final state. Signals only cause a new read, so a lost or late one costs time but no correctness.
 * After a read the handler pauses, so that a large group costs its watchers no more than a small one.
 */
export function watchGroup(
  engine: Pick<Engine, "getGroups" | "subscribe">,
  clock: Clock,
): Handler<(typeof SchedulerService)["method"]["watchGroup"], undefined> {
  const groups = createBatcher<GroupId, GroupRecord | undefined>({
    maxItems: GROUPS_PER_READ,
    maxWeight: GROUPS_PER_READ,
    weigh: () => 1,
    maxInFlight: 4,
    flush: (ids) => engine.getGroups(ids),
  });
  return async function* ({ keyId, groupId }, { signal, draining }) {
    const id = ownGroupId(keyId, groupId);
    const ending = AbortSignal.any([signal, draining]);
    await using news = await jobNews(
      (listener) => engine.subscribe(queueOf(id), listener, id),
      [ending],
    );
    let sent = "";
    while (!signal.aborted) {
      if (draining.aborted) {
        throw rpcError({ reason: "DRAINING", message: "the scheduler is stopping: watch again" });
      }
      if (!news.takeChanged()) {
        await news.arrived();
        continue;
      }
      const group = await groups.add(id);
      if (group === undefined) throw groupNotFound();
      const seen = JSON.stringify(group);
      if (seen !== sent) yield { group: groupMessage(group) };
      if (hasFinished(group.state)) return;
      sent = seen;
      await sleep(clock, PAUSE_MS, ending);
    }
  };
}
