import type { KeyId } from "@millrace/shared";
import { LRUCache } from "lru-cache";
import { groupNotFound } from "../callers/own-group.ts";
import type { Scheduler } from "../scheduler/scheduler-client.ts";

/** How many groups are remembered. The least recently used ones are read again. */
const KNOWN_GROUPS = 10_000;

/** The priority of a group's jobs that name none. It is undefined if the group has none either. */
export interface GroupPriority {
  readonly priority: number | undefined;
}

/** The priorities of groups. A group's priority never changes, so each group is read once. */
export class GroupPriorities {
  readonly #known: LRUCache<string, GroupPriority, KeyId>;

  constructor(scheduler: Pick<Scheduler, "getGroup">, max = KNOWN_GROUPS) {
    this.#known = new LRUCache<string, GroupPriority, KeyId>({
      max,
      fetchMethod: async (groupId, _, { context: keyId }) => {
        const { group } = await scheduler.getGroup({ keyId, groupId });
        if (group === undefined) throw groupNotFound(groupId);
        return { priority: group.priority };
      },
    });
  }

  /** Records the priority of a group that this gateway has created. */
  created(groupId: string, priority: number | undefined): void {
    this.#known.set(groupId, { priority });
  }

  /** Jobs that arrive together cause one read. Throws GROUP_NOT_FOUND. */
  async of(keyId: KeyId, groupId: string): Promise<number | undefined> {
    return (await this.#known.forceFetch(groupId, { context: keyId })).priority;
  }
}
