import type { Clock, QueueName } from "@millrace/shared";
import { shardAt, unfinishedKeys } from "../redis/keys.ts";
import type { Store } from "../redis/store-connection.ts";
import { asStoreFault } from "../redis/store-fault.ts";
import type { QueueDefinition } from "./contract.ts";

/** How long the answer of one look is used. */
const FRESH_MS = 1_000;
/** How long a queue that this process gave something counts as attended: the next look finds what is still there. */
const TOUCHED_MS = 5_000;

export interface AttendedQueues {
  /**
   * The queues in which something has not finished, or is to be delivered: those that had something at the last look, which is
   * at most a second old, and those to which this process has given something since. A look is one command for each shard.
   */
  list(): Promise<readonly QueueDefinition[]>;
  /** Notes that this process gives something to a queue. */
  touch(queue: QueueName): void;
}

export function attendedQueues(
  redis: Store,
  rootPrefix: string,
  queues: () => Promise<readonly QueueDefinition[]>,
  clock: Clock,
): AttendedQueues {
  const touched = new Map<QueueName, number>();
  let last: { readonly atMs: number; readonly found: Promise<ReadonlySet<QueueName>> } | undefined;

  /** The keys to look for in each shard of a queue. The number of shards never changes. */
  const keys = new Map<QueueName, readonly (readonly string[])[]>();
  const keysOf = ({ name, shards }: QueueDefinition) => {
    const known = keys.get(name);
    if (known !== undefined) return known;
    const fresh = Array.from({ length: shards }, (_, index) =>
      unfinishedKeys(shardAt(rootPrefix, name, index)),
    );
    keys.set(name, fresh);
    return fresh;
  };
  const hasWork = async (queue: QueueDefinition): Promise<boolean> => {
    const counts = await Promise.all(keysOf(queue).map((ofShard) => redis.exists(...ofShard)));
    return counts.some((count) => count > 0);
  };
  const look = async (): Promise<ReadonlySet<QueueName>> => {
    const all = await queues();
    const work = await Promise.all(all.map(hasWork)).catch((error: unknown) => {
      throw asStoreFault(error, "looking for queues with unfinished jobs");
    });
    return new Set(all.filter((_, at) => work[at]).map(({ name }) => name));
  };
  const recentLook = (nowMs: number): Promise<ReadonlySet<QueueName>> => {
    // If the clock was set back, the last look does not count as fresh.
    if (last !== undefined && nowMs >= last.atMs && nowMs - last.atMs < FRESH_MS) return last.found;
    const looked = { atMs: nowMs, found: look() };
    last = looked;
    looked.found.catch(() => {
      if (last === looked) last = undefined;
    });
    return looked.found;
  };

  return {
    async list() {
      const nowMs = clock.nowMs();
      for (const [queue, atMs] of touched) {
        if (nowMs < atMs || nowMs - atMs > TOUCHED_MS) touched.delete(queue);
      }
      const [all, found] = await Promise.all([queues(), recentLook(nowMs)]);
      return all.filter(({ name }) => found.has(name) || touched.has(name));
    },
    touch: (queue) => void touched.set(queue, clock.nowMs()),
  };
}
