import type { QueueName } from "@millrace/shared";
import type { RetentionSettings } from "../dead-letters/contract.ts";
import type { LaneSettings } from "../lanes/contract.ts";
import type { LeaseSettings } from "../leases/contract.ts";

export interface QueueStats {
  readonly queued: number;
  readonly scheduled: number;
  readonly running: number;
  readonly succeeded: number;
  /** Finished without a result: FAILED, CANCELLED, EXPIRED. */
  readonly failed: number;
  readonly dead: number;
  readonly lanes: number;
  /** Nothing is leased from any of its shards. */
  readonly paused: boolean;
  /** When the job that has waited longest was submitted, among the next of up to 128 lanes a pool and band. */
  readonly oldestQueuedMs?: number;
}

export interface QueueDefinition extends LaneSettings, LeaseSettings, RetentionSettings {
  /** How failed attempts are repeated where the job does not say. The engine keeps it; whoever submits applies it. */
  readonly defaultRetry: RetryDefaults;
}

export interface RetryDefaults {
  /** In all, the first one included. */
  readonly maxAttempts: number;
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
}

export type QueueChange = Pick<QueueDefinition, "name"> & Partial<Omit<QueueDefinition, "name">>;

export interface Queues {
  stats(queue: QueueName): Promise<QueueStats>;
  /** By name. */
  queues(): Promise<readonly QueueDefinition[]>;
  getQueue(name: QueueName): Promise<QueueDefinition | undefined>;
  /** As getQueue, up to a second old: for each job. */
  recentQueue(name: QueueName): Promise<QueueDefinition | undefined>;
  /** Creates or changes a queue; what is left out keeps its value, or gets its default. Never changes `shards`: those of a queue that exists win. */
  defineQueue(queue: QueueChange): Promise<QueueDefinition>;
  /** As defineQueue, for one who has read it: undefined, and no change, if it is not `before` (undefined: none) that is there. */
  replaceQueue(
    before: QueueDefinition | undefined,
    queue: QueueDefinition,
  ): Promise<QueueDefinition | undefined>;
  /** Lets nothing more be leased from a queue, or ends that; what runs goes on, and jobs are still taken. Repeating it is safe. */
  pauseQueue(name: QueueName, paused: boolean): Promise<void>;
}
