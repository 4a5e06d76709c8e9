import type { BackoffPolicy, GroupId, JobId, JobState, KeyId, QueueName } from "@millrace/shared";
import type { LeaseRoute } from "../models/contract.ts";
import type { DefinedQueue } from "../redis/shard-map.ts";
import type { EndedJob } from "./ends-contract.ts";
import type { ScheduleRun } from "./schedule-run.ts";

export type * from "./ends-contract.ts";

export interface JobSpec {
  readonly id: JobId;
  readonly type: string;
  readonly payloadJson: string;
  /** 1 (most urgent) to 100. */
  readonly priority: number;
  readonly maxAttempts: number;
  readonly backoff: BackoffPolicy;
  /** The job starts no earlier. */
  readonly runAtMs?: number;
  /** The first attempt starts no later; otherwise the job expires. */
  readonly expiresAtMs?: number;
  /** The job finishes no later; otherwise it expires. */
  readonly deadlineMs?: number;
  /**
   * The job is refused if its latest start or its deadline has passed, unless it exists already: a caller that repeats a
   * submission later must find its job. Default: it is stored, and expires.
   */
  readonly refusedIfPast?: true;
  readonly idempotencyKey?: string;
  /** How long the idempotency key outlives the job's end. Default 24 hours. */
  readonly idempotencyWindowMs?: number;
  /** Two submissions with one idempotency key have the same content if their hashes are equal. */
  readonly contentHash?: string;
  /** The hash that an earlier version of Millrace computed of this content. It matches too, and is not stored. */
  readonly formerContentHash?: string;
  readonly pool?: string;
  /** The model that the job needs, or an alias of it. Each attempt takes one of its routes. Not with a pool. */
  readonly model?: string;
  readonly estimatedTokens?: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly traceparent?: string;
  /**
   * What the engine decides nothing by. It stores this text with the job and returns it as it was given, so that a new
   * field of a job costs the engine nothing.
   */
  readonly details?: string;
  readonly submittedAtMs: number;
  /** May only shorten the queue's retention for this job. */
  readonly retentionMs?: number;
  /** The dead letter that this job was redriven from. */
  readonly redrivenFrom?: JobId;
  readonly deduplication?: Deduplication;
  /** The group that the job joins. */
  readonly group?: GroupMembership;
  /** The group whose end the job waits for, as its finalizer. Set by createGroup. */
  readonly finalizes?: GroupId;
  /** The run of a schedule that the job is. Only submissions have it. */
  readonly run?: ScheduleRun;
  /**
   * The job's end is recorded in the outbox, though its key may not subscribe to it; with "result", its result too if that
   * is short. Where it is sent is one of the details.
   */
  readonly callback?: "end" | "result";
}

export interface GroupMembership {
  readonly id: GroupId;
  /** From 1. If it is given, a child of this index that exists is not stored again. Absent: the next free index. */
  readonly index?: number;
}

/** Among jobs of one key and queue with the same `key`, time decides which of them run. */
export interface Deduplication {
  readonly key: string;
  /** throttle: the first job runs, and later ones within `windowMs` do not. debounce: the last one runs, `windowMs` after it arrived. */
  readonly mode: "throttle" | "debounce";
  readonly windowMs: number;
}

export type SubmitOutcome =
  | { readonly kind: "accepted" }
  /** A job with this id exists, or one with this idempotency key and the same content. */
  | { readonly kind: "existing"; readonly jobId: JobId; readonly state: JobState }
  /** A job with this idempotency key and other content exists. */
  | { readonly kind: "conflict"; readonly jobId: JobId }
  | { readonly kind: "depthFull"; readonly depth: number; readonly limit: number }
  /** The job cannot be stored as it is. `argument` names the wrong part. */
  | { readonly kind: "invalid"; readonly argument: string }
  /** The job's latest start or deadline has passed, and it is `refusedIfPast`. */
  | { readonly kind: "past"; readonly time: "expires_at" | "deadline" }
  /** The priority is more urgent than `limit`, the most urgent one that the key may use. */
  | { readonly kind: "priorityNotAllowed"; readonly priority: number; readonly limit: number }
  /** The key's jobs take `stored` bytes, and `bytes` more would exceed the limit. */
  | {
      readonly kind: "storedBytesFull";
      readonly stored: number;
      readonly bytes: number;
      readonly limit: number;
    }
  | { readonly kind: "unknownQueue" }
  /** The queue does not take jobs of this type. */
  | { readonly kind: "unknownType" }
  /** The catalogue has no model, and no alias, of this name. `nearest` has the most similar ones, at most three. */
  | { readonly kind: "unknownModel"; readonly model: string; readonly nearest: readonly string[] }
  | { readonly kind: "unknownGroup" }
  /** No more jobs may join the group. */
  | { readonly kind: "groupClosed" }
  /** The group has `limit` children, the most that a group may have. */
  | { readonly kind: "groupFull"; readonly limit: number }
  /** Another call has decided about this run, or the schedule has been changed or deleted. */
  | { readonly kind: "runMoved" }
  /** An earlier job of the schedule has not ended: the run was skipped, buffered, or stays buffered. */
  | { readonly kind: "runSkipped" | "runBuffered" | "runWaits" };

/**
 * `full`: everything. `noPayload`: payloadJson is "". `attempts`: as noPayload, with the attempts. `summary`: neither
 * payload nor result.
 */
export type JobView = "full" | "attempts" | "noPayload" | "summary";

export type FinishedRead =
  | { readonly kind: "finished"; readonly job: JobRecord }
  | { readonly kind: "unfinished" }
  | { readonly kind: "notFound" };

export interface JobRecord extends JobSpec {
  readonly state: JobState;
  /** The attempt that runs or ran last, from 1. It is 0 before the first. */
  readonly attempt: number;
  readonly createdAtMs: number;
  /** When the last attempt started. */
  readonly startedAtMs?: number;
  readonly finishedAtMs?: number;
  /** Only while the job is SCHEDULED. */
  readonly nextRunAtMs?: number;
  readonly resultJson?: string;
  /** Why the job ended without a result, or why its last attempt failed. */
  readonly failure?: Failure;
  /** What all attempts together spent. */
  readonly usage?: Usage;
  readonly cancelRequested: boolean;
  readonly output: { readonly nextOffset: number };
  /** How often the job lost its worker. */
  readonly stalls: number;
  /** How often the provider refused the job for load, or it found no room for its children or documents. */
  readonly bounces: number;
  readonly workerId?: string;
  /** For a job of a model: the route of the attempt that runs or ran last. */
  readonly route?: LeaseRoute;
  /** The groups whose children the job waits for or has waited for, in order. */
  readonly childGroups?: readonly GroupId[];
  /** What an attempt saved for the next ones. Only in leases. */
  readonly checkpointJson?: string;
  /** The attempts that failed, oldest first. Only in the views `full` and `attempts`. */
  readonly attempts?: readonly AttemptRecord[];
}

export interface Failure {
  /** A stable code in upper snake case. */
  readonly reason: string;
  /** A text for people. */
  readonly message: string;
  readonly retryable: boolean;
  /** What the executor knows beyond the reason: a JSON object of at most 2 KiB. */
  readonly detailsJson?: string;
}

/** The reasons that the engine itself gives. No attempt reports them. */
export type EndReason =
  | "CANCELLED"
  /** A later job with the same deduplication key replaced it. */
  | "REPLACED"
  | "DEADLINE_EXCEEDED"
  | "NOT_STARTED_IN_TIME"
  /** The job lost its worker too often, or on its last attempt. */
  | "STALLED"
  /** The group that it finalizes did not succeed. */
  | "CHILDREN_FAILED"
  /** The stored record cannot be read. */
  | "UNREADABLE";

/** How one attempt of a job failed. */
export interface AttemptRecord {
  /** Counted from 1. */
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
  /** CPU time of the worker. Absent where it was not measured. */
  readonly computeMs?: number;
  /** The part of inputTokens that the provider had in its cache. */
  readonly cachedInputTokens?: number;
  /** The part of outputTokens that the model spent on thought. */
  readonly reasoningTokens?: number;
  /** The model that was called last. */
  readonly model?: string;
  /**
   * What the attempts cost whose price was known, micro-dollars. Set by the engine, as spend/contract.ts says, and ignored in a
   * settlement. Absent if no attempt had a price.
   */
  readonly costMicros?: number;
  /** How many attempts of the job's model had no known price, so that costMicros lacks them. Set by the engine. Absent: none. */
  readonly unpricedAttempts?: number;
}

export interface ListFilter {
  readonly keyId: KeyId;
  readonly queue: QueueName;
  readonly states?: readonly JobState[];
  readonly type?: string;
  readonly label?: { readonly name: string; readonly value: string };
  /** Only jobs that were submitted at or after this time. */
  readonly sinceMs?: number;
  /** Only jobs that were submitted before this time. */
  readonly beforeMs?: number;
  readonly pageSize: number;
  readonly pageToken?: string;
}

export interface JobPage {
  /** Without payloads and results. */
  readonly jobs: readonly JobRecord[];
  readonly nextPageToken?: string;
}

export type CancelOutcome =
  | { readonly kind: "cancelled"; readonly job: EndedJob }
  /** The job runs. Its worker has been signalled. */
  | { readonly kind: "requested"; readonly workerId?: string }
  | { readonly kind: "alreadyFinal"; readonly state: JobState }
  | { readonly kind: "notFound" };

export type RemoveOutcome = "removed" | "unfinished" | "notFound";

export interface PromoteResult {
  readonly promoted: number;
  readonly nextDueMs?: number;
}

export interface Jobs {
  /**
   * Stores jobs independently of each other, with one script call for each queue shard. It is idempotent: the job id
   * tells a repeated submission from a new one.
   */
  submit(jobs: readonly JobSpec[]): Promise<readonly SubmitOutcome[]>;
  /** Returns jobs in the order of the ids, with undefined for a job that does not exist, or no longer exists. */
  getJobs(ids: readonly JobId[], view?: JobView): Promise<readonly (JobRecord | undefined)[]>;
  /** Returns the jobs that have finished, without their payloads. Asking for an unfinished job is cheap. */
  getFinished(ids: readonly JobId[]): Promise<readonly FinishedRead[]>;
  /** One key's jobs in one queue, newest first. A page may be short or empty although more jobs follow. */
  listJobs(filter: ListFilter): Promise<JobPage>;
  /** Cancels a waiting job at once. Marks a running job, and signals its worker. */
  cancel(id: JobId, reason: string): Promise<CancelOutcome>;
  /** Removes a job that has finished before its retention ends. A dead letter that it left stays. */
  remove(id: JobId): Promise<RemoveOutcome>;
  /** Moves up to `limit` scheduled jobs that are due into their lanes. */
  promote(queue: QueueName, limit: number): Promise<PromoteResult>;
}

/** The settings of a queue that jobs depend on. */
export interface JobSettings extends DefinedQueue {
  /** The job types that the queue takes. Empty means any type. */
  readonly types: readonly string[];
  /** How many jobs of one key may wait, for any reason. */
  readonly maxDepthPerKey: number;
  /** The most urgent priority for jobs of a key whose budget sets none. 1 means no limit. */
  readonly maxPriority: number;
  readonly retainSucceededMs: number;
  readonly retainFailedMs: number;
  /** The most finished jobs of each kind that a shard keeps. */
  readonly retainCount: number;
}

export interface PruneResult {
  readonly pruned: number;
  readonly more: boolean;
}
