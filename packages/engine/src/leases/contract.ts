import type { JobId, JobState, QueueName } from "@millrace/shared";
import type {
  EndedJob,
  Failure,
  JobRecord,
  JobSettings,
  LastEnd,
  Usage,
} from "../jobs/contract.ts";
import type { ConstraintKind } from "../lanes/contract.ts";
import type { LeaseRoute } from "../models/contract.ts";

export interface LeaseRequest {
  readonly queue: QueueName;
  readonly count: number;
  /**
   * The pools that the workers serve; they always serve jobs without a pool. A job of a model needs a route whose account is
   * one of them. If it is absent, they serve every pool.
   */
  readonly pools?: readonly string[];
  /** The job types that the workers serve. If it is absent or empty, they serve any type. */
  readonly types?: readonly string[];
  /**
   * The workers run nothing else. Each gets at most one suspect (a job that lost its worker and would fail if it lost the
   * next one) and no other job. If it is absent, the call leases all jobs except suspects.
   */
  readonly alone?: boolean;
  /** API keys whose jobs this call skips. */
  readonly except?: readonly string[];
  readonly leaseMs: number;
  /** The workers that the leases are for. They take turns: the first lease is for the first of them. */
  readonly workerId: string | readonly string[];
}

export interface LeaseResult {
  readonly leases: readonly Lease[];
  /** Jobs that reached their turn after their latest start or deadline. They are EXPIRED now. */
  readonly expired: readonly EndedJob[];
  /** When the next scheduled job is due, if any is scheduled. */
  readonly nextDueMs?: number;
  /** How many lanes this call held, by constraint. A lane counts once for each constraint that its first job meets. */
  readonly held: ReadonlyMap<ConstraintKind, number>;
  /** True if a call with `alone` could lease suspects that these workers serve. */
  readonly suspectsWait: boolean;
}

/** Identifies a lease in every write of its worker. */
export interface LeaseRef {
  readonly jobId: JobId;
  /** The fencing token, which rises with every lease of the job. */
  readonly token: number;
}

/** A time during which a constraint held a lane, or jobs of a pool. */
export interface Hold {
  readonly kind: ConstraintKind;
  readonly fromMs: number;
  /** Absent if the constraint was in force until the lease. */
  readonly toMs?: number;
}

export interface Lease extends LeaseRef {
  /** What the job had to wait for, besides its place in its lane. */
  readonly heldBy: readonly ConstraintKind[];
  /**
   * When limits of its key, its provider account or a pause held the job, for its trace. What a provider account
   * refused is known only to the engine that asked. Empty for a job without a trace.
   */
  readonly holds: readonly Hold[];
  /** How the last attempt ended, if there was one. */
  readonly lastEnd?: LastEnd;
  /** From 1. */
  readonly attempt: number;
  readonly expiresAtMs: number;
  /** How many output chunks of this attempt are stored. */
  readonly nextSeq: number;
  /** For a job of a model: the account and the provider's model that the attempt uses. */
  readonly route?: LeaseRoute;
  /** When the job could run again after its last attempt. Absent for a first lease and for an adopted one. */
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
  /** What the attempt spent. The engine adds it to the usage of earlier attempts. */
  readonly usage?: Usage;
  /**
   * The account of the attempt's route could not serve it: it refused, failed, or has no quota left. From now on this account
   * is the last one that the job tries. With `retry` and `bounce`, the job does not wait for `delayMs` if its model has a
   * route on an account that it has not failed on. Ignored for a job without a route.
   */
  readonly accountFailed?: boolean;
} & (
    | { readonly kind: "complete"; readonly resultJson: string }
    | {
        readonly kind: "fail";
        readonly state: "FAILED" | "CANCELLED" | "EXPIRED";
        readonly failure: Failure;
      }
    /**
     * The job runs again, after `delayMs` or at once, and the attempt is spent. If its cancellation was requested, it
     * becomes CANCELLED instead.
     */
    | {
        readonly kind: "retry";
        readonly delayMs: number;
        readonly failure: Failure;
      }
    /**
     * The provider refused the job for load, or is down, or there was no room for what the job wanted to store. The job returns to the head of its lane, or waits for
     * `delayMs`, and no attempt is spent. If its cancellation was requested, it becomes CANCELLED. Bounces of one
     * `episode` count as one towards the queue's maxBounces; without an episode, each counts by itself.
     */
    | {
        readonly kind: "bounce";
        readonly delayMs: number;
        readonly failure: Failure;
        readonly episode?: string;
      }
    /** The job waits for the children of its last fan-out, which must be `children`. No attempt is spent. CANCELLED if that was requested. */
    | { readonly kind: "wait"; readonly children: number }
    /** The worker returns the job unfinished to the head of its lane; no attempt is spent. CANCELLED if that was requested. */
    | { readonly kind: "release" }
  );

export type SettleOutcome =
  /**
   * `repeated`: this same lease had ended the job before, and `state` is the state that it set. `costMicros`: what the attempt
   * cost, if its price was known.
   */
  | {
      readonly kind: "settled";
      readonly state: JobState;
      readonly repeated?: true;
      readonly costMicros?: number;
    }
  | { readonly kind: "leaseLost" }
  /** This settlement cannot be stored and changed nothing; the others of the call are stored. `argument` names the wrong part. */
  | { readonly kind: "invalid"; readonly argument: string };

export interface ReapedJob extends EndedJob {
  readonly outcome: "requeued" | "failed" | "cancelled" | "expired";
  /** True if the job lost its worker; false if it was waiting. */
  readonly stalled: boolean;
  /** The worker that was lost. */
  readonly workerId?: string;
  /** The attempt that was lost with it. */
  readonly attempt?: number;
}

export interface ReapResult {
  readonly reaped: readonly ReapedJob[];
  readonly more: boolean;
}

export interface Leases {
  /** Takes up to `count` jobs in fair order. It never blocks: if no job waits, the answer is empty. */
  lease(request: LeaseRequest): Promise<LeaseResult>;
  /** Extends each lease to `leaseMs` from now, independently of the others. */
  renew(leases: readonly LeaseRef[], leaseMs: number): Promise<readonly RenewOutcome[]>;
  /** As renew, for a worker that reconnects and needs the data of its leases again. */
  adopt(
    leases: readonly LeaseRef[],
    leaseMs: number,
    workerId: string,
  ): Promise<readonly AdoptOutcome[]>;
  /** Whether the lease is still held. It changes nothing. */
  holdsLease(lease: LeaseRef): Promise<boolean>;
  /** Ends attempts. One script call changes a job's state and everything that follows from it. */
  settle(settlements: readonly Settlement[]): Promise<readonly SettleOutcome[]>;
  /** Takes back up to `limit` leases that have expired, and ends waiting jobs whose latest start or deadline has passed. */
  reap(queue: QueueName, limit: number): Promise<ReapResult>;
  /**
   * Returns 32 bytes that are the same for every engine on this Redis. If none are stored, the engine stores `known`, or
   * else new random bytes.
   */
  leaseSecret(known?: Buffer): Promise<Buffer>;
}

/** The settings of a queue that leases depend on. */
export interface LeaseSettings extends JobSettings {
  /** How often a job may lose its worker before it fails. */
  readonly maxStalls: number;
  /** How often a provider may refuse a job before a refusal spends an attempt. */
  readonly maxBounces: number;
  /** The tokens reserved for an attempt when the job declares none and nothing was learned of its type. */
  readonly defaultEstimatedTokens: number;
}
