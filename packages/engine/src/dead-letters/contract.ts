import type { JobId, KeyId, QueueName } from "@millrace/shared";
import type { AttemptRecord, JobRecord, JobSettings, PruneResult } from "../jobs/contract.ts";

/** A job that failed for good. It outlives the job's record and has the job's id. */
export interface DeadLetter {
  readonly job: JobRecord;
  /** Oldest first. Pages leave them out. */
  readonly attempts: readonly AttemptRecord[];
  readonly diedAtMs: number;
}

export interface DeadLetterFilter {
  readonly queue: QueueName;
  /** Only letters with one of these ids. */
  readonly ids?: readonly JobId[];
  readonly keyId?: KeyId;
  readonly type?: string;
  readonly reason?: string;
  /** Only letters that died at this time or later. */
  readonly sinceMs?: number;
  /** Only letters that died before this time. */
  readonly beforeMs?: number;
}

export interface DeadLetterPage {
  /** Newest first, without payloads and histories. */
  readonly letters: readonly DeadLetter[];
  /** Its absence marks the last page. A page may be short or empty although more letters follow. */
  readonly nextPageToken?: string;
}

export interface RedriveCounts {
  readonly redriven: number;
  /** Refused because the key has too many queued jobs, or the queue no longer takes the type. They stay dead letters. */
  readonly refused: number;
  /** Already redriven or removed by another call. */
  readonly gone: number;
}

export interface DeadLetters {
  list(filter: DeadLetterFilter, pageSize: number, pageToken?: string): Promise<DeadLetterPage>;
  /** Returns the letter with its payload and its attempts. */
  get(id: JobId): Promise<DeadLetter | undefined>;
  /** Submits each letter as a new job, which names its origin. A dead letter and its new job never exist together. */
  redrive(letters: readonly DeadLetter[]): Promise<RedriveCounts>;
  /** Returns how many of them existed and were removed. */
  remove(ids: readonly JobId[]): Promise<number>;
}

/** What is kept of jobs after their end. */
export interface Retention {
  /** Removes up to `limit` finished jobs whose retention is over, with everything that belongs to them. */
  prune(queue: QueueName, limit: number): Promise<PruneResult>;
  readonly deadLetters: DeadLetters;
}

/** The settings of a queue that dead letters depend on. */
export interface RetentionSettings extends JobSettings {
  /** How long dead letters are kept. */
  readonly retainDeadLettersMs: number;
}
