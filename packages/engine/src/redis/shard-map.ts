import { type JobId, parseJobId, type QueueName } from "@millrace/shared";
import { type Shard, shardAt, shardIndex } from "./keys.ts";

/** What shards need to know of their queue. Each concept extends it by the settings that it uses. */
export interface DefinedQueue {
  readonly name: QueueName;
  readonly shards: number;
}

/** A queue shard with the definition of its queue. */
export interface ShardOfQueue<Queue extends DefinedQueue = DefinedQueue> extends Shard {
  readonly definition: Queue;
}

export interface ShardMap<Queue extends DefinedQueue = DefinedQueue> {
  /** All shards of a queue; none if the queue is not defined. */
  ofQueue(queue: QueueName): Promise<readonly ShardOfQueue<Queue>[]>;
  /** Returns undefined if the queue does not exist or the id is malformed. */
  ofJob(id: JobId): Promise<ShardOfQueue<Queue> | undefined>;
  /** Reads the definitions that `ids` need, and returns a function that finds the shard of each id. */
  forJobs(ids: Iterable<JobId>): Promise<(id: JobId) => ShardOfQueue<Queue> | undefined>;
  /** As forJobs, for items that name their job. */
  forEach<Item extends { readonly jobId: JobId }>(
    items: readonly Item[],
  ): Promise<(item: Item) => ShardOfQueue<Queue> | undefined>;
}

/** `recent` returns a queue's definition, or undefined if there is none. It is called for each job, so it should be cached. */
export function shardMap<Queue extends DefinedQueue>(
  recent: (name: QueueName) => Promise<Queue | undefined>,
  rootPrefix: string,
): ShardMap<Queue> {
  const known = new Map<QueueName, readonly ShardOfQueue<Queue>[]>();

  const shardsOf = (definition: Queue): readonly ShardOfQueue<Queue>[] => {
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
    const definition = await recent(queue);
    return definition === undefined ? [] : shardsOf(definition);
  };

  const forJobs = async (ids: Iterable<JobId>) => {
    const queues = new Map<QueueName, readonly ShardOfQueue<Queue>[]>();
    for (const id of ids) {
      const queue = parseJobId(id)?.queue;
      if (queue !== undefined && !queues.has(queue)) queues.set(queue, []);
    }
    await Promise.all(
      [...queues.keys()].map(async (queue) => {
        queues.set(queue, await ofQueue(queue));
      }),
    );
    return (id: JobId) => {
      const parts = parseJobId(id);
      const shards = parts === undefined ? [] : (queues.get(parts.queue) ?? []);
      if (parts === undefined || shards.length < 2) return shards[0];
      return shards[shardIndex(parts.keyId, shards.length)];
    };
  };
  return {
    ofQueue,
    forJobs,
    ofJob: async (id) => (await forJobs([id]))(id),
    async forEach(items) {
      const shardOf = await forJobs(items.map(({ jobId }) => jobId));
      return ({ jobId }) => shardOf(jobId);
    },
  };
}
