import type { Clock, JobId, QueueName, Random } from "@millrace/shared";
import type { ProviderAccounts } from "./accounts/contract.ts";
import type { AuditOptions } from "./audit/audit-engine.ts";
import type { Repair, RepairedJob } from "./audit/contract.ts";
import type { Finding } from "./audit/finding.ts";
import type { KeyBudgets } from "./budgets/contract.ts";
import type { DeadLetters, PruneResult } from "./dead-letters/contract.ts";
import type { Explanation } from "./explain/contract.ts";
import type {
  CancelOutcome,
  FinishedRead,
  JobPage,
  JobRecord,
  JobSpec,
  JobView,
  ListFilter,
  PromoteResult,
  SubmitOutcome,
} from "./jobs/contract.ts";
import type {
  AdoptOutcome,
  LeaseRef,
  LeaseRequest,
  LeaseResult,
  ReapResult,
  RenewOutcome,
  Settlement,
  SettleOutcome,
} from "./leases/contract.ts";
import type { ApiKeys, ChangeLog, ChangeLogSettings } from "./operators/contract.ts";
import type { AppendOutcome, OutputBatch, OutputRead } from "./output/contract.ts";
import type { QueueChange, QueueDefinition, QueueStats } from "./queues/contract.ts";
import type { RenewedFiles, StoreMemory } from "./redis/contract.ts";
import type { RedisSettings } from "./redis/settings.ts";
import type { Signal } from "./signals/contract.ts";

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
