import type { BackoffPolicy, JobId, JobState, KeyId, QueueName } from "@millrace/shared";
import type { DefinedQueue } from "../redis/shard-map.ts";

export interface JobSpec {
  readonly id: JobId;
  readonly type: string;
  readonly payloadJson: string;
  /** 1 (most urgent) to 100. */
  readonly priority: number;
  readonly maxAttempts: number;
  readonly backoff: BackoffPolicy;
  /** The earliest start. */
  readonly runAtMs?: number;
  /** The latest start of the first attempt. */
  readonly expiresAtMs?: number;
  /** The latest finish. */
  readonly deadlineMs?: number;
  readonly idempotencyKey?: string;
  /** How long the idempotency key outlives the job's end. Default 24 h. */
  readonly idempotencyWindowMs?: number;
  /** What "the same content" means for the idempotency key. */
  readonly contentHash?: string;
  /** What an earlier version would have stored as `contentHash`: the same content too. It is not stored. */
  readonly formerContentHash?: string;
  readonly pool?: string;
  readonly estimatedTokens?: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly traceparent?: string;
  /**
   * What the engine decides nothing by. It stores this text with the job and returns it as it was given, so that a new
   * field of a job costs the engine nothing.
   */
  readonly details?: string;
  readonly submittedAtMs: number;
  /** Shortens the queue's retention for this job. */
  readonly retentionMs?: number;
  /** The dead letter that it was made from. */
  readonly redrivenFrom?: JobId;
  readonly deduplication?: Deduplication;
}

/** Jobs of a key and queue that share `key` are told from one another by time. */
export interface Deduplication {
  readonly key: string;
  /** throttle: the first counts for `windowMs`. debounce: the last does, `windowMs` after it came. */
  readonly mode: "throttle" | "debounce";
  readonly windowMs: number;
}

export type SubmitOutcome =
  | { readonly kind: "accepted" }
  /** The id is there already, or the idempotency key with the same content. */
  | { readonly kind: "existing"; readonly jobId: JobId; readonly state: JobState }
  /** The idempotency key is there with other content. */
  | { readonly kind: "conflict"; readonly jobId: JobId }
  | { readonly kind: "depthFull"; readonly depth: number; readonly limit: number }
  /** This job cannot be stored as it is; `argument`: what of it. */
  | { readonly kind: "invalid"; readonly argument: string }
  /** More urgent than `limit`, which is the most urgent that the key may use. */
  | { readonly kind: "priorityNotAllowed"; readonly priority: number; readonly limit: number }
  /** `stored` bytes are there, and `bytes` more would be over the limit. */
  | {
      readonly kind: "storedBytesFull";
      readonly stored: number;
      readonly bytes: number;
      readonly limit: number;
    }
  | { readonly kind: "unknownQueue" }
  /** The queue does not take jobs of this type. */
  | { readonly kind: "unknownType" };

/** `full`: all. `noPayload`: payloadJson is "". `summary`: neither payload nor result. */
export type JobView = "full" | "noPayload" | "summary";

export type FinishedRead =
  | { readonly kind: "finished"; readonly job: JobRecord }
  | { readonly kind: "unfinished" }
  | { readonly kind: "notFound" };

export interface JobRecord extends JobSpec {
  readonly state: JobState;
  /** The attempt that runs or ran last, from 1; 0 before the first. */
  readonly attempt: number;
  readonly createdAtMs: number;
  /** When the last attempt started. */
  readonly startedAtMs?: number;
  readonly finishedAtMs?: number;
  /** While SCHEDULED. */
  readonly nextRunAtMs?: number;
  readonly resultJson?: string;
  /** Why it ended without a result, or why the last attempt failed. */
  readonly failure?: Failure;
  /** What its attempts spent in all. */
  readonly usage?: Usage;
  readonly cancelRequested: boolean;
  readonly output: { readonly nextOffset: number };
  /** How often it lost its worker. */
  readonly stalls: number;
  /** How often its provider refused it for load. */
  readonly bounces: number;
  readonly workerId?: string;
}

export interface Failure {
  /** Stable, upper snake case. */
  readonly reason: string;
  /** For people. */
  readonly message: string;
  readonly retryable: boolean;
}

/** The reasons that the engine itself gives: no attempt reported them. */
export type EndReason =
  | "CANCELLED"
  /** Replaced by a later job with its deduplication key. */
  | "REPLACED"
  | "DEADLINE_EXCEEDED"
  | "NOT_STARTED_IN_TIME"
  /** It lost its worker too often, or on its last attempt. */
  | "STALLED"
  /** What is stored of it cannot be read. */
  | "UNREADABLE";

/** How one attempt of a job failed. */
export interface AttemptRecord {
  /** From 1. */
  readonly attempt: number;
  readonly workerId?: string;
  readonly startedAtMs?: number;
  readonly endedAtMs: number;
  readonly failure: Failure;
  readonly usage?: Usage;
}

export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly providerCalls: number;
  /** CPU time of the worker; left out where none was measured. */
  readonly computeMs?: number;
}

export interface ListFilter {
  readonly keyId: KeyId;
  readonly queue: QueueName;
  readonly states?: readonly JobState[];
  readonly type?: string;
  readonly label?: { readonly name: string; readonly value: string };
  readonly pageSize: number;
  readonly pageToken?: string;
}

export interface JobPage {
  /** Without payloads and results. */
  readonly jobs: readonly JobRecord[];
  readonly nextPageToken?: string;
}

export type CancelOutcome =
  | { readonly kind: "cancelled" }
  /** It runs: the holder has been signalled. */
  | { readonly kind: "requested"; readonly workerId?: string }
  | { readonly kind: "alreadyFinal"; readonly state: JobState }
  | { readonly kind: "notFound" };

/** A job that no lease ended. Told of once, by the call that ended it; a reply that is lost tells nobody. */
export interface EndedJob {
  readonly jobId: JobId;
  readonly type: string;
  readonly traceparent?: string;
}

export interface PromoteResult {
  readonly promoted: number;
  readonly nextDueMs?: number;
}

export interface Jobs {
  /** Stores jobs, each for itself; a batch is one script call for each queue shard. Repeating it is safe: the job id decides. */
  submit(jobs: readonly JobSpec[]): Promise<readonly SubmitOutcome[]>;
  /** Jobs as they are, undefined where there is none (any more). */
  getJobs(ids: readonly JobId[], view?: JobView): Promise<readonly (JobRecord | undefined)[]>;
  /** Those that have finished, without their payload: asking for one that has not costs little. */
  getFinished(ids: readonly JobId[]): Promise<readonly FinishedRead[]>;
  /** One key's jobs in one queue, newest first. A page may be short, or empty, though more follow. */
  listJobs(filter: ListFilter): Promise<JobPage>;
  /** Waiting jobs are cancelled at once; a running one is marked, and its holder signalled. */
  cancel(id: JobId, reason: string): Promise<CancelOutcome>;
  /** Queues up to `limit` scheduled jobs that are due. */
  promote(queue: QueueName, limit: number): Promise<PromoteResult>;
}

/** What jobs depend on of their queue. */
export interface JobSettings extends DefinedQueue {
  /** The job types that it takes; empty: any. */
  readonly types: readonly string[];
  /** How many jobs of one key may wait, for whatever. */
  readonly maxDepthPerKey: number;
  /** The most urgent priority that jobs may have of a key whose budget does not say; 1: no bound. */
  readonly maxPriority: number;
  readonly retainSucceededMs: number;
  readonly retainFailedMs: number;
  /** How many finished jobs of each kind a shard keeps at most. */
  readonly retainCount: number;
}

export interface PruneResult {
  readonly pruned: number;
  readonly more: boolean;
}
