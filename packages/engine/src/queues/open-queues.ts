import type { QueueName } from "@millrace/shared";
import type { EngineParts } from "../redis/parts.ts";
import { MAX_EVENTS } from "../redis/stamp.ts";
import type { AttendedQueues } from "./attended-queues.ts";
import type { Queues } from "./contract.ts";
import { pauseQueue } from "./pause_queue.ts";
import type { QueueRegistry } from "./queue-registry.ts";
import { readStats } from "./read-stats.ts";

export interface QueuesParts extends EngineParts {
  readonly registry: QueueRegistry;
  readonly attended: Pick<AttendedQueues, "list">;
  /** Called after a queue was created or changed: its shards may need budgets and accounts copied to them. */
  readonly onDefined: (queue: QueueName) => Promise<void>;
}

export function openQueues({
  redis,
  clock,
  shards,
  registry,
  attended,
  onDefined,
}: QueuesParts): Queues {
  return {
    stats: async (queue) => readStats(redis, await shards.ofQueue(queue)),
    queues: () => registry.list(),
    recentQueues: () => registry.recentList(),
    attendedQueues: () => attended.list(),
    getQueue: (name) => registry.get(name),
    recentQueue: (name) => registry.recent(name),
    async defineQueue(change) {
      const queue = await registry.define(change);
      await onDefined(queue.name);
      return queue;
    },
    async replaceQueue(before, queue) {
      const replaced = await registry.replace(before, queue);
      if (replaced !== undefined) await onDefined(queue.name);
      return replaced;
    },
    async pauseQueue(name, paused) {
      const nowMs = clock.nowMs();
      await Promise.all(
        (await shards.ofQueue(name)).map(({ base }) =>
          pauseQueue.run(redis, base, { nowMs, maxEvents: MAX_EVENTS, paused }),
        ),
      );
    },
  };
}
