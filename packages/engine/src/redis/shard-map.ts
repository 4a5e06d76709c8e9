import { type JobId, parseJobId, type QueueName } from "@millrace/shared";
import type { QueueDefinition } from "../queues/contract.ts";
import type { QueueRegistry } from "../queues/queue-registry.ts";
import { type Shard, shardAt, shardIndex } from "./keys.ts";

/** A queue shard with what its queue says. */
export interface ShardOfQueue extends Shard {
  readonly definition: QueueDefinition;
}

export interface ShardMap {
  /** All shards of a queue; none if it is not defined. */
  ofQueue(queue: QueueName): Promise<readonly ShardOfQueue[]>;
  /** Reads what is needed of `ids` to tell their shards, and returns what tells them. */
  forJobs(ids: Iterable<JobId>): Promise<(id: JobId) => ShardOfQueue | undefined>;
}

export function shardMap(registry: QueueRegistry, rootPrefix: string): ShardMap {
  const known = new Map<QueueName, readonly ShardOfQueue[]>();

  const shardsOf = (definition: QueueDefinition): readonly ShardOfQueue[] => {
    const before = known.get(definition.name);
    if (before?.[0]?.definition === definition) return before;
    const shards = Array.from({ length: definition.shards }, (_, index) => ({
      ...shardAt(rootPrefix, definition.name, index),
      definition,
    }));
    known.set(definition.name, shards);
    return shards;
  };
  const ofQueue = async (queue: QueueName) => {
    const definition = await registry.recent(queue);
    return definition === undefined ? [] : shardsOf(definition);
  };

  return {
    ofQueue,
    async forJobs(ids) {
      const queues = new Map<QueueName, readonly ShardOfQueue[]>();
      for (const id of ids) {
        const queue = parseJobId(id)?.queue;
        if (queue !== undefined && !queues.has(queue)) queues.set(queue, []);
      }
      await Promise.all(
        [...queues.keys()].map(async (queue) => {
          queues.set(queue, await ofQueue(queue));
        }),
      );
      return (id) => {
        const parts = parseJobId(id);
        const shards = parts === undefined ? [] : (queues.get(parts.queue) ?? []);
        if (parts === undefined || shards.length < 2) return shards[0];
        return shards[shardIndex(parts.keyId, shards.length)];
      };
    },
  };
}
