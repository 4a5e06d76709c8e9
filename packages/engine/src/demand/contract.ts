import type { QueueName } from "@millrace/shared";

/** How much work there is in one pool. */
export interface PoolDemand {
  /**
   * Jobs that workers could lease now: queued, and not held by a paused queue, a limit of their key or their provider account. Of
   * a key or an account with limits, as many as these have room for now.
   */
  readonly runnable: number;
  readonly running: number;
}

export interface Demand {
  /**
   * The work of some queues together, by pool; "" for jobs without a pool. It reads at most 128 lanes of each class, 128 held
   * lanes and 128 running jobs of each shard. Where there are more, the numbers are estimates from these. Queues that are not
   * defined have no work. Jobs of a model count under the accounts of its routes, in order, as far as each has room.
   */
  demand(queues: readonly QueueName[]): Promise<ReadonlyMap<string, PoolDemand>>;
}
