import type { JobId, JobState, QueueName } from "@millrace/shared";
import type { EndedJob, Failure, JobRecord, JobSettings, Usage } from "../jobs/contract.ts";
import type { ConstraintKind } from "../lanes/contract.ts";

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

export interface ReapedJob extends EndedJob {
  readonly outcome: "requeued" | "failed" | "cancelled" | "expired";
  /** It lost its worker; else it was waiting. */
  readonly stalled: boolean;
}

export interface ReapResult {
  readonly reaped: readonly ReapedJob[];
  readonly more: boolean;
}

export interface Leases {
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
  /** Takes back up to `limit` leases that ran out, and ends waiting jobs whose time is over. */
  reap(queue: QueueName, limit: number): Promise<ReapResult>;
  /**
   * 32 bytes that every engine on this Redis is given. Where none are stored, `known` are, or new ones
   * that are drawn at random.
   */
  leaseSecret(known?: Buffer): Promise<Buffer>;
}

/** What leases depend on of their queue. */
export interface LeaseSettings extends JobSettings {
  /** How often a job may lose its worker before it fails. */
  readonly maxStalls: number;
  /** How often a provider may refuse a job before that spends an attempt. */
  readonly maxBounces: number;
  /** Tokens that an attempt is taken to spend while nothing is declared and nothing was learned. */
  readonly defaultEstimatedTokens: number;
}
