import type { QueueName } from "@millrace/shared";
import type { BandWeights } from "../lanes/contract.ts";

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

export interface QueueDefinition {
  readonly name: QueueName;
  readonly shards: number;
  /** The job types that it takes; empty: any. */
  readonly types: readonly string[];
  /** How many jobs of one key may wait, for whatever. */
  readonly maxDepthPerKey: number;
  /** The most urgent priority that jobs may have of a key whose budget does not say; 1: no bound. */
  readonly maxPriority: number;
  /** How often a job may lose its worker before it fails. */
  readonly maxStalls: number;
  readonly retainSucceededMs: number;
  readonly retainFailedMs: number;
  /** How many finished jobs of each kind a shard keeps at most. */
  readonly retainCount: number;
  /** How the bands share the workers while all have work. */
  readonly bandWeights: BandWeights;
  /** How long dead letters are kept. */
  readonly retainDeadLettersMs: number;
  /** How often a provider may refuse a job before that spends an attempt. */
  readonly maxBounces: number;
  /** Tokens that an attempt is taken to spend while nothing is declared and nothing was learned. */
  readonly defaultEstimatedTokens: number;
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
