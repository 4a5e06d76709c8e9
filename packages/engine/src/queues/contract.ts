import type { QueueName } from "@millrace/shared";
import type { RetentionSettings } from "../dead-letters/contract.ts";
import type { LaneSettings } from "../lanes/contract.ts";
import type { LeaseSettings } from "../leases/contract.ts";

export interface QueueStats {
  readonly queued: number;
  readonly scheduled: number;
  readonly running: number;
  readonly succeeded: number;
  /** Finished without a result: FAILED, CANCELLED or EXPIRED. */
  readonly failed: number;
  readonly dead: number;
  readonly lanes: number;
  /** The groups that have not finished, or whose children are being cancelled. */
  readonly groups: number;
  /** True if no shard of the queue leases jobs. */
  readonly paused: boolean;
  /** When the longest-waiting job was submitted, among the first jobs of up to 128 lanes of each pool and band. */
  readonly oldestQueuedMs?: number;
}

export interface QueueDefinition extends LaneSettings, LeaseSettings, RetentionSettings {
  /** How failed attempts are repeated when the job does not say. The engine stores it; the gateway applies it at submission. */
  readonly defaultRetry: RetryDefaults;
}

export interface RetryDefaults {
  /** All attempts, including the first. */
  readonly maxAttempts: number;
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
}

export type QueueChange = Pick<QueueDefinition, "name"> & Partial<Omit<QueueDefinition, "name">>;

export interface Queues {
  stats(queue: QueueName): Promise<QueueStats>;
  /** Sorted by name. */
  queues(): Promise<readonly QueueDefinition[]>;
  /** As queues, but the answer may be up to one second old. */
  recentQueues(): Promise<readonly QueueDefinition[]>;
  /** The queues in which something has not finished, or is to be delivered. Duties look after these. May be a second old. */
  attendedQueues(): Promise<readonly QueueDefinition[]>;
  getQueue(name: QueueName): Promise<QueueDefinition | undefined>;
  /** Reads a queue's definition, which may be up to one second old. Callers use this for each job. */
  recentQueue(name: QueueName): Promise<QueueDefinition | undefined>;
  /**
   * Creates or changes a queue. A field that is absent keeps its value, or gets its default. It never changes `shards` of
   * a queue that exists.
   */
  defineQueue(queue: QueueChange): Promise<QueueDefinition>;
  /**
   * As defineQueue, if the stored definition still equals `before`, where undefined means that none is stored.
   * Otherwise it changes nothing and returns undefined.
   */
  replaceQueue(
    before: QueueDefinition | undefined,
    queue: QueueDefinition,
  ): Promise<QueueDefinition | undefined>;
  /** Stops or resumes leasing from a queue. Running jobs continue, and submissions are accepted. It is idempotent. */
  pauseQueue(name: QueueName, paused: boolean): Promise<void>;
}
