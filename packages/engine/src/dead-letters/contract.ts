import type { JobId, KeyId, QueueName } from "@millrace/shared";
import type { AttemptRecord, JobRecord, JobSettings, PruneResult } from "../jobs/contract.ts";

/** A job that failed for good. It outlives the job, and is no job itself: it has the job's id. */
export interface DeadLetter {
  readonly job: JobRecord;
  /** The first first. Left out of pages. */
  readonly attempts: readonly AttemptRecord[];
  readonly diedAtMs: number;
}

export interface DeadLetterFilter {
  readonly queue: QueueName;
  /** Only these. */
  readonly ids?: readonly JobId[];
  readonly keyId?: KeyId;
  readonly type?: string;
  readonly reason?: string;
  /** Died at or after. */
  readonly sinceMs?: number;
  /** Died before. */
  readonly beforeMs?: number;
}

export interface DeadLetterPage {
  /** Newest first, without payloads and histories. */
  readonly letters: readonly DeadLetter[];
  /** A page may be short, or empty, though more follow. */
  readonly nextPageToken?: string;
}

export interface RedriveCounts {
  readonly redriven: number;
  /** Its key has too many queued, or its queue no longer takes its type: still a dead letter. */
  readonly refused: number;
  /** Redriven or removed by somebody else. */
  readonly gone: number;
}

export interface DeadLetters {
  list(filter: DeadLetterFilter, pageSize: number, pageToken?: string): Promise<DeadLetterPage>;
  /** Whole. */
  get(id: JobId): Promise<DeadLetter | undefined>;
  /** Makes a new job of each, which names its origin; a dead letter and its job are never there both. */
  redrive(letters: readonly DeadLetter[]): Promise<RedriveCounts>;
  /** How many were there to be removed. */
  remove(ids: readonly JobId[]): Promise<number>;
}

/** What is kept of jobs that have ended. */
export interface Retention {
  /** Removes up to `limit` finished jobs whose retention is over, with all that belongs to them. */
  prune(queue: QueueName, limit: number): Promise<PruneResult>;
  readonly deadLetters: DeadLetters;
}

/** What dead letters depend on of their queue. */
export interface RetentionSettings extends JobSettings {
  /** How long dead letters are kept. */
  readonly retainDeadLettersMs: number;
}
