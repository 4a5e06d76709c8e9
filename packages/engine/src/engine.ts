import type {
  BackoffPolicy,
  Clock,
  JobId,
  JobState,
  KeyId,
  QueueName,
  Random,
} from "@millrace/shared";
import type { AuditOptions } from "./audit/audit-engine.ts";
import type { Finding } from "./audit/finding.ts";

/**
 * What the rest of Millrace may ask of the queue engine: types alone, in one file because they are
 * one contract. Expected outcomes are values; a rejected
 * promise is a fault: `StoreUnavailable` when Redis is away (the call may or may not have taken
 * effect, and repeating it is safe), any other error a bug.
 */
export interface Engine {
  /** The time that the engine goes by: Redis's, or the clock that it was given. */
  readonly clock: Clock;
  /** Stores jobs, each for itself; a batch is one script call for each queue shard. Repeating it is safe: the job id decides. */
  submit(jobs: readonly JobSpec[]): Promise<readonly SubmitOutcome[]>;
  /** Jobs as they are, undefined where there is none (any more). */
  getJobs(ids: readonly JobId[], view?: JobView): Promise<readonly (JobRecord | undefined)[]>;
  /** Those that have finished, without their payload: asking for one that has not costs little. */
  getFinished(ids: readonly JobId[]): Promise<readonly FinishedRead[]>;
  /** One key's jobs in one queue, newest first. A page may be short, or empty, though more follow. */
  listJobs(filter: ListFilter): Promise<JobPage>;
  /** Why a job waits: all that holds it now. Undefined: there is no such job. */
  explain(id: JobId): Promise<Explanation | undefined>;
  /** Waiting jobs are cancelled at once; a running one is marked, and its holder signalled. */
  cancel(id: JobId, reason: string): Promise<CancelOutcome>;

  /** Takes up to `count` jobs in fair order. Never blocks: no job waiting is an empty answer. */
  lease(request: LeaseRequest): Promise<LeaseResult>;
  /** Pushes the expiry of leases to `leaseMs` from now, each for itself. */
  renew(leases: readonly LeaseRef[], leaseMs: number): Promise<readonly RenewOutcome[]>;
  /** As renew, for a holder that comes back and needs the leases' data again. */
  adopt(
    leases: readonly LeaseRef[],
    leaseMs: number,
    workerId: string,
  ): Promise<readonly AdoptOutcome[]>;
  /** Ends attempts. A job's state and all that follows from it change in one script call. */
  settle(settlements: readonly Settlement[]): Promise<readonly SettleOutcome[]>;

  /** Stores output of running attempts. Chunks that are stored already are skipped. */
  append(batches: readonly OutputBatch[]): Promise<readonly AppendOutcome[]>;
  /** Output from `fromOffset` on; no chunks if none is stored there yet. At least one chunk where there is one, whatever `maxBytes`. */
  readOutput(
    jobId: JobId,
    fromOffset: number,
    maxChunks: number,
    maxBytes: number,
  ): Promise<OutputRead>;

  /**
   * Hints about a queue, or about one of its jobs alone: they may be lost, and are never truth.
   * Disposing it ends them.
   */
  subscribe(
    queue: QueueName,
    listener: (signal: Signal) => void,
    jobId?: JobId,
  ): Promise<AsyncDisposable>;

  /** Takes back up to `limit` leases that ran out, and ends waiting jobs whose time is over. */
  reap(queue: QueueName, limit: number): Promise<ReapResult>;
  /** Queues up to `limit` scheduled jobs that are due. */
  promote(queue: QueueName, limit: number): Promise<PromoteResult>;
  /** Removes up to `limit` finished jobs whose retention is over, with all that belongs to them. */
  prune(queue: QueueName, limit: number): Promise<PruneResult>;
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

  readonly apiKeys: ApiKeys;
  readonly deadLetters: DeadLetters;
  readonly keyBudgets: KeyBudgets;
  readonly providerAccounts: ProviderAccounts;
  readonly changeLog: ChangeLog;
  /** Brings to every shard what is said of keys and queues, where a change has not reached it: a duty, like reap. */
  syncPolicy(): Promise<void>;

  /**
   * 32 bytes that every engine on this Redis is given. Where none are stored, `known` are, or new ones
   * that are drawn at random.
   */
  leaseSecret(known?: Buffer): Promise<Buffer>;

  /** Looks for what must always hold and does not. On a live system give `looksAgain`. */
  audit(options?: AuditOptions): Promise<readonly Finding[]>;
  /** Mends what an audit has found where it is provable what is right; tells of each thing once it is done. */
  repair(findings: readonly Finding[]): AsyncIterable<Repair>;
  /**
   * Looks at the next few of a queue's jobs, mends those that are in no place, and counts again what their keys store: a
   * duty, like reap.
   */
  returnStrays(queue: QueueName): Promise<readonly RepairedJob[]>;
  /**
   * Has each Redis write its append-only file anew that has not done so since it started: after a crash the file may hold a
   * part of a transaction, which Redis would apply at its next start. A duty.
   */
  renewFiles(): Promise<RenewedFiles>;

  /** Of the server that is fullest. */
  memory(): Promise<StoreMemory>;
  /** Resolves if Redis answers. */
  ping(): Promise<void>;
  /** Ends subscriptions and connections. Calls under way are waited for. */
  close(): Promise<void>;
}

export interface EngineOptions {
  readonly redis: RedisSettings;
  /** The first part of every key. Default "mr". */
  readonly rootPrefix?: string;
  readonly clock: Clock;
  /** Go by Redis's time, so that replicas agree on it; `clock` then only measures. Default false. */
  readonly redisTime?: boolean;
  readonly random: Random;
  /** How many bytes the jobs of a key may take in each queue whose budget does not say; asked for at each submission. Infinity, and left out: no bound. */
  readonly storedBytesPerKey?: () => number;
  /** How much of what operators changed is kept. Default: a year, at most 10,000 changes. */
  readonly changeLog?: Partial<ChangeLogSettings>;
  /** So many failures of a provider account in a row, of two jobs or more, open its circuit. From 2 on; default 5. */
  readonly providerFailures?: number;
  /** Told of what an operator should know: an eviction policy that loses jobs, a lost connection. */
  readonly onWarning?: (message: string, cause?: unknown) => void;
}

export interface StoreMemory {
  readonly usedBytes: number;
  /** `maxmemory`, from which on all writes are refused; 0: there is none. */
  readonly limitBytes: number;
}

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/** PEM. */
export interface RedisTls {
  /** Who must have signed the servers' certificates. Left out: those whom Node trusts. */
  readonly ca?: Buffer;
  /** What is shown to servers that ask for a certificate, and its key. */
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** One server, with the database's number where it is not 0; a URL's own user and password win. */
export interface RedisServer {
  /** redis:// or rediss:// */
  readonly url: string;
}

/** A value, or a function that is called at each new connection: what it returns may have been rotated. */
export type Credential<Value> = Value | (() => Value);

/** Whichever server these say is the master of that name. */
export interface RedisSentinels {
  readonly sentinels: readonly RedisAddress[];
  readonly masterName: string;
  /** What sentinels ask for, which is not what the servers do. */
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: Credential<string>;
}

export interface RedisCluster {
  /** Some nodes of a Redis Cluster; the others are learned from them. */
  readonly cluster: readonly RedisAddress[];
}

export type RedisSettings = (RedisServer | RedisSentinels | RedisCluster) & {
  readonly username?: string;
  readonly password?: Credential<string>;
  /** TLS to servers and sentinels alike; a rediss:// URL has it anyway. */
  readonly tls?: Credential<RedisTls>;
  /** How long to wait for a connection at start. Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** How long a command may take, time without a connection included. Default 5,000. */
  readonly commandTimeoutMs?: number;
};

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
  readonly documents: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly traceparent?: string;
  readonly tracestate?: string;
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

/** What can hold a waiting job. */
export type ConstraintKind =
  | "SCHEDULED"
  | "QUEUE_PAUSED"
  | "KEY_REQUESTS"
  | "KEY_TOKENS"
  | "KEY_DAILY_TOKENS"
  | "KEY_CONCURRENCY"
  | "PROVIDER_REQUESTS"
  | "PROVIDER_TOKENS"
  | "PROVIDER_CONCURRENCY"
  | "PROVIDER_COOLDOWN"
  | "PROVIDER_EXHAUSTED"
  | "PROVIDER_DOWN"
  | "LANE_ORDER"
  | "NO_FREE_WORKER";

export interface Constraint {
  readonly kind: ConstraintKind;
  /** The key, the provider account, the pool or the queue that it belongs to. */
  readonly subject: string;
  readonly limit?: number;
  readonly used?: number;
  readonly needed?: number;
  /** Since when, where it is a pause. */
  readonly sinceMs?: number;
  /** The earliest time at which it may clear by itself. Left out: it depends on others. */
  readonly clearMs?: number;
  /** Of NO_FREE_WORKER: the job's type, which workers have to serve. */
  readonly jobType?: string;
  /** Of NO_FREE_WORKER: workers have said which types they serve, and none of them serves this one. */
  readonly noneServesType?: true;
  /** Of NO_FREE_WORKER: the job is a suspect, and needs a worker that runs nothing else. */
  readonly alone?: true;
}

/** As of one moment. */
export interface Explanation {
  readonly state: JobState;
  /** The latest to clear first. Empty for a job that does not wait. */
  readonly constraints: readonly Constraint[];
  /** How many jobs of its own lane are before it. */
  readonly aheadInLane: number;
  /** How many lanes of its band and pool have jobs. */
  readonly lanes: number;
  /** How many jobs of its band and pool its shard has leased, within the last minute. Left out: none. */
  readonly leasedLately?: { readonly jobs: number; readonly sinceMs: number };
}

export type CancelOutcome =
  | { readonly kind: "cancelled" }
  /** It runs: the holder has been signalled. */
  | { readonly kind: "requested"; readonly workerId?: string }
  | { readonly kind: "alreadyFinal"; readonly state: JobState }
  | { readonly kind: "notFound" };

export interface LeaseRequest {
  readonly queue: QueueName;
  readonly count: number;
  /** The pools that are served besides jobs that name none. Left out: every pool. */
  readonly pools?: readonly string[];
  /** The job types that are served. Left out, or none: any. */
  readonly types?: readonly string[];
  /**
   * The workers run nothing else: each may have one suspect, a job that lost its worker and would be ended if it
   * lost the next one, and no other job. Left out: all jobs but suspects.
   */
  readonly alone?: boolean;
  /** API keys whose jobs are passed over. */
  readonly except?: readonly string[];
  readonly leaseMs: number;
  /** Who the leases are for. Several take turns: the first lease is for the first of them. */
  readonly workerId: string | readonly string[];
}

export interface LeaseResult {
  readonly leases: readonly Lease[];
  /** Jobs whose time was over when their turn came: they are EXPIRED now. */
  readonly expired: readonly EndedJob[];
  /** When the next scheduled job is due, if there is one. */
  readonly nextDueMs?: number;
  /** How many lanes this call set aside, by what holds them. */
  readonly held: ReadonlyMap<ConstraintKind, number>;
  /** Suspects that these workers serve could be leased now, by a call that is `alone`. */
  readonly suspectsWait: boolean;
}

/** A job that no lease ended. Told of once, by the call that ended it; a reply that is lost tells nobody. */
export interface EndedJob {
  readonly jobId: JobId;
  readonly type: string;
  readonly traceparent?: string;
}

/** A lease by name, as in every write of its holder. */
export interface LeaseRef {
  readonly jobId: JobId;
  /** The fencing token: rises with every lease of the job. */
  readonly token: number;
}

export interface Lease extends LeaseRef {
  /** What the job had to wait for, besides its turn. */
  readonly heldBy: readonly ConstraintKind[];
  /** From 1. */
  readonly attempt: number;
  readonly expiresAtMs: number;
  /** How many chunks of this attempt are stored. */
  readonly nextSeq: number;
  /** When it could run again after its last attempt. Left out: it has not been leased before, or was adopted. */
  readonly dueAgainMs?: number;
  readonly job: JobRecord;
}

export type RenewOutcome =
  | { readonly kind: "renewed"; readonly expiresAtMs: number; readonly cancelRequested: boolean }
  | { readonly kind: "leaseLost" };

export type AdoptOutcome =
  | { readonly kind: "adopted"; readonly lease: Lease }
  | { readonly kind: "leaseLost" };

export type Settlement = LeaseRef & {
  /** What the attempt spent; added to what earlier ones did. */
  readonly usage?: Usage;
} & (
    | { readonly kind: "complete"; readonly resultJson: string }
    | {
        readonly kind: "fail";
        readonly state: "FAILED" | "CANCELLED" | "EXPIRED";
        readonly failure: Failure;
      }
    /** To be run again: after `delayMs`, or at once. A job whose cancel was requested becomes CANCELLED instead. */
    | {
        readonly kind: "retry";
        readonly delayMs: number;
        readonly failure: Failure;
        /** False: the attempt is not spent, and without a delay the job goes to the head of its lane. */
        readonly countsAttempt: boolean;
      }
    /**
     * Its provider refused it for load, or is down: back to the head of its lane, or after `delayMs`; no attempt spent.
     * CANCELLED if that was requested. Bounces of one `episode` count as one against the queue's maxBounces; left out:
     * it counts by itself.
     */
    | {
        readonly kind: "bounce";
        readonly delayMs: number;
        readonly failure: Failure;
        readonly episode?: string;
      }
    /** Handed back unfinished: to the head of its lane, no attempt spent. CANCELLED if that was requested. */
    | { readonly kind: "release" }
  );

export type SettleOutcome =
  /** `repeated`: this very lease had ended the job already; `state` is what it is. */
  | { readonly kind: "settled"; readonly state: JobState; readonly repeated?: true }
  | { readonly kind: "leaseLost" }
  /** This end cannot be stored, and has changed nothing; the others of the call are. `argument`: what of it. */
  | { readonly kind: "invalid"; readonly argument: string };

export type ChunkKind = "text" | "data" | "progress";

export interface NewChunk {
  /** Its number within the attempt, from 0, without gaps. */
  readonly seq: number;
  readonly kind: ChunkKind;
  readonly body: string | Uint8Array;
}

export interface OutputBatch extends LeaseRef {
  readonly chunks: readonly NewChunk[];
}

export type AppendOutcome =
  | { readonly kind: "appended"; readonly nextSeq: number; readonly nextOffset: number }
  | { readonly kind: "leaseLost" }
  /** Chunks before these are missing: nothing was stored. */
  | { readonly kind: "gap"; readonly expectedSeq: number }
  /** The job's output is at its bound: chunks from `nextSeq` on were dropped. */
  | { readonly kind: "full"; readonly nextSeq: number; readonly nextOffset: number };

export interface OutputChunk {
  /** Its place among all output of the job, from 0, without gaps. */
  readonly offset: number;
  /** The attempt that wrote it, from 1. */
  readonly attempt: number;
  /** `reset`: a new attempt begins; its body is empty. */
  readonly kind: ChunkKind | "reset";
  readonly body: Buffer;
  readonly storedAtMs: number;
}

export type OutputRead =
  | {
      readonly kind: "chunks";
      readonly chunks: readonly OutputChunk[];
      readonly nextOffset: number;
    }
  /** What was asked for is no longer kept. `oldestOffset`: the first that is; the next one to come if none is. */
  | { readonly kind: "gone"; readonly oldestOffset: number }
  | { readonly kind: "notFound" };

export type Signal =
  /** There may be something to lease. */
  | { readonly kind: "work" }
  | { readonly kind: "finished"; readonly jobId: JobId; readonly state: JobState }
  | { readonly kind: "output"; readonly jobId: JobId; readonly nextOffset: number }
  /** A job changed its state without finishing. */
  | { readonly kind: "state"; readonly jobId: JobId; readonly state: JobState }
  /** A running job shall stop. */
  | { readonly kind: "cancel"; readonly jobId: JobId }
  /** Signals may have been lost: look at everything again. */
  | { readonly kind: "resync" };

export interface ReapedJob extends EndedJob {
  readonly outcome: "requeued" | "failed" | "cancelled" | "expired";
  /** It lost its worker; else it was waiting. */
  readonly stalled: boolean;
}

/**
 * What was done about a job. queued, ended, cancelled: it was stored, and in no place. settled: it held a
 * reservation and did not run. unlocked: it had a lock and did not run. leased: its lease could not run out.
 * listed: its key did not know of it. forgotten: it was named somewhere, and not stored.
 */
export type JobRepair =
  | "queued"
  | "ended"
  | "cancelled"
  | "settled"
  | "unlocked"
  | "leased"
  | "listed"
  | "forgotten";

export interface RepairedJob extends EndedJob {
  readonly done: readonly JobRepair[];
}

/** How many servers have begun to write their files anew; or why the scheduler's user cannot have them do so. */
export type RenewedFiles =
  | { readonly kind: "renewed"; readonly began: number }
  | { readonly kind: "notAllowed"; readonly why: string };

/** Something that an audit has found, and was wrong, and is not any more. */
export interface Repair {
  readonly subject: string;
  /** For people. */
  readonly done: string;
}

export interface ReapResult {
  readonly reaped: readonly ReapedJob[];
  readonly more: boolean;
}

export interface PromoteResult {
  readonly promoted: number;
  readonly nextDueMs?: number;
}

export interface PruneResult {
  readonly pruned: number;
  readonly more: boolean;
}

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

/** Whole numbers from 1 on. */
export interface BandWeights {
  readonly interactive: number;
  readonly standard: number;
  readonly batch: number;
}

/** What one API key may use in each queue. What is left out does not limit it. */
export interface KeyBudget {
  /** Its share beside other keys. Left out: 1. */
  readonly weight?: number;
  /** Attempts that may start in any 60 seconds. */
  readonly requestsPerMinute?: number;
  /** Tokens that may be reserved in any 60 seconds. */
  readonly tokensPerMinute?: number;
  /** Tokens that may be reserved in any 24 hours. */
  readonly tokensPerDay?: number;
  /** Jobs that may run at once. */
  readonly maxRunning?: number;
  /** Jobs that may wait, for whatever; more are refused. Left out: the queue's own limit. */
  readonly maxQueued?: number;
  /** The most urgent priority that its jobs may have. Left out: the queue's own. */
  readonly maxPriority?: number;
  /** Bytes that its jobs and dead letters may take. Left out: EngineOptions.storedBytesPerKey. */
  readonly maxStoredBytes?: number;
}

export interface KeyBudgets {
  get(keyId: KeyId): Promise<KeyBudget | undefined>;
  list(): Promise<ReadonlyMap<KeyId, KeyBudget>>;
  /** How many bytes the jobs and dead letters of each of these keys take in all queues now. */
  storedBytes(keys: readonly KeyId[]): Promise<ReadonlyMap<KeyId, number>>;
  /** Takes the place of the whole budget; undefined: no limits. Every replica's next lease obeys it, and jobs that it held are looked at again. */
  set(keyId: KeyId, budget: KeyBudget | undefined): Promise<void>;
  /** As set, for one who has read it: false, and no change, if it is not `before` that is there. */
  replace(
    keyId: KeyId,
    before: KeyBudget | undefined,
    budget: KeyBudget | undefined,
  ): Promise<boolean>;
}

/** An account at a model provider. Jobs name it as their pool. What is left out does not limit it. */
export interface ProviderAccount {
  readonly name: string;
  /** Attempts that may start in any 60 seconds. */
  readonly requestsPerMinute?: number;
  /** Tokens that may be reserved in any 60 seconds. */
  readonly tokensPerMinute?: number;
  /** Jobs that may run at once. */
  readonly maxRunning?: number;
}

/** CLOSED: jobs run. HALF_OPEN: one job probes. EXHAUSTED: until an operator resets it. */
export type ProviderAccountState = "CLOSED" | "COOLING_DOWN" | "HALF_OPEN" | "EXHAUSTED";

export interface ProviderAccountStatus {
  readonly account: ProviderAccount;
  readonly state: ProviderAccountState;
  /** While COOLING_DOWN: until when. While HALF_OPEN: when the next probe may go if the one that is under way does not come back. */
  readonly coolUntilMs?: number;
  /** While COOLING_DOWN or HALF_OPEN: when it was last CLOSED. */
  readonly pausedSinceMs?: number;
  /** What it pauses for: it refused calls for load, or it failed again and again, and is taken to be down. */
  readonly pausedFor?: "refused" | "failed";
  /** Failures in a row that were noted while it is CLOSED. */
  readonly failures: number;
  /** How many jobs run, or may start at once on what was granted. */
  readonly running: number;
  /** How many may run at once: the limit, or less, as refusals have taught. */
  readonly runningLimit?: number;
  /** Reserved in the last minute. */
  readonly requestsUsed: number;
  readonly tokensUsed: number;
}

/** What a provider made of an attempt's call. */
export interface ProviderReport {
  /**
   * refused: for load. exhausted: money or quota is used up, and waiting does not help. failed: its server failed, could not
   * be reached, or did not answer. answered: it took the call, whatever it made of it; successes need not be reported.
   */
  readonly kind: "refused" | "exhausted" | "failed" | "answered";
  /** How long the provider asked for: it can only lengthen the pause. */
  readonly askedMs?: number;
  /** Left out: one that has just begun. */
  readonly attempt?: { readonly jobId: JobId; readonly startedMs: number };
}

export interface ProviderVerdict {
  /**
   * COUNTED: the account goes on. PAUSED: it pauses, and the attempt is part of that: it shall not be spent. PROBE: so it is, and
   * the attempt was to find out whether the pause is over. EXHAUSTED: nothing starts until an operator resets it.
   */
  readonly kind: "COUNTED" | "PAUSED" | "PROBE" | "EXHAUSTED";
  readonly coolUntilMs?: number;
  /** The same until the account has a success. */
  readonly episode?: string;
  /** It pauses by this report. */
  readonly begun: boolean;
}

export interface ProviderAccounts {
  /** Defines an account, or changes it. Every replica's next lease obeys it. */
  put(account: ProviderAccount): Promise<ProviderAccountStatus>;
  /** As put, for one who has read it: undefined, and no change, if it is not `before` (undefined: none) that is there. */
  replace(
    before: ProviderAccount | undefined,
    account: ProviderAccount,
  ): Promise<ProviderAccountStatus | undefined>;
  get(name: string): Promise<ProviderAccountStatus | undefined>;
  /** By name. */
  list(): Promise<readonly ProviderAccountStatus[]>;
  /** False: there was none. */
  delete(name: string): Promise<boolean>;
  /** Ends a pause, and takes a used-up quota to be refilled. */
  reset(name: string): Promise<ProviderAccountStatus | undefined>;
  /**
   * Says what the provider made of a call. If the account pauses by it, no job of the pool starts anywhere until the pause is
   * over: call it before the attempt is settled. A pool that is no account becomes one, but by an answer.
   */
  report(name: string, report: ProviderReport): Promise<ProviderVerdict>;
}

/** What an operator changes. */
export interface Change {
  readonly actor: string;
  /** For example "UpdateApiKey". */
  readonly action: string;
  /** What it is done to, for example a key id. */
  readonly subject: string;
  /** JSON without secrets. */
  readonly detailJson: string;
}

export interface RecordedChange extends Change {
  readonly timeMs: number;
}

export interface ChangeLogSettings {
  readonly keepMs: number;
  readonly maxLength: number;
}

/** What operators have changed: for people who ask who did what. Nothing is decided by it. */
export interface ChangeLog {
  /** Writes a change down, and is called before it is made: one that was made is never missing. Returns its id. */
  append(change: Change): Promise<string>;
  /** Takes back a change that was not made after all. */
  retract(id: string): Promise<void>;
  /** Newest first. Undefined: no such page token was given out. */
  list(pageSize: number, pageToken?: string): Promise<ChangePage | undefined>;
}

export interface ChangePage {
  readonly changes: readonly RecordedChange[];
  readonly nextPageToken?: string;
}

export type QueueChange = Pick<QueueDefinition, "name"> & Partial<Omit<QueueDefinition, "name">>;

export interface ApiKeyRecord {
  readonly keyId: KeyId;
  readonly name: string;
  /** SHA-256 of the secret, 32 bytes. */
  readonly secretHash: Buffer;
  readonly createdMs: number;
  readonly revokedMs?: number;
  /** The secret before the last rotation, which works until `expiresMs`. */
  readonly oldSecret?: { readonly hash: Buffer; readonly expiresMs: number };
}

export interface ApiKeys {
  /** Stores a key. Repeating it is safe; a key that exists is left as it is and returned. */
  put(key: Omit<ApiKeyRecord, "revokedMs" | "oldSecret">): Promise<ApiKeyRecord>;
  get(keyId: KeyId): Promise<ApiKeyRecord | undefined>;
  /** By key id. */
  list(): Promise<readonly ApiKeyRecord[]>;
  /** Where `before` is given, only a key that still has that name; another is left as it is, and returned. */
  rename(keyId: KeyId, name: string, before?: string): Promise<ApiKeyRecord | undefined>;
  /** Gives a key a new secret; the one before goes on working for `graceMs`. A revoked key is left as it is. Not safe to repeat. */
  rotate(keyId: KeyId, secretHash: Buffer, graceMs: number): Promise<ApiKeyRecord | undefined>;
  /** Marks a key as revoked, for good. Repeating it is safe. */
  revoke(keyId: KeyId): Promise<ApiKeyRecord | undefined>;
}
