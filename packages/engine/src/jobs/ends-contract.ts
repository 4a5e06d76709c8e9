import type { GroupId, JobId } from "@millrace/shared";
import type { ConstraintKind } from "../lanes/contract.ts";

/**
 * A job that ended without a lease. Only the call that ended the job returns it (at most once): if the reply is lost,
 * nobody learns of it.
 */
export interface EndedJob {
  readonly jobId: JobId;
  readonly type: string;
  readonly traceparent?: string;
  /** How the job waited, for its trace. Absent without one. */
  readonly waited?: Waited;
}

/** When the last attempt of a job ended, and how: by the kind of its settlement, or with its worker. */
export interface LastEnd {
  readonly atMs: number;
  readonly kind: "retry" | "bounce" | "release" | "wait" | "lost";
}

/** The times at which a job began to wait, and what is known of its last attempt. */
export interface Waited {
  readonly submittedAtMs?: number;
  readonly runAtMs?: number;
  /** When the job could run again after its last attempt, or had room in its group. */
  readonly dueAgainMs?: number;
  readonly lastEnd?: LastEnd;
  /** How many attempts were spent. */
  readonly spent: number;
  /** The limits of its key that held the job itself. */
  readonly heldBy: readonly ConstraintKind[];
  readonly startedAtMs?: number;
  /** The worker of its last attempt. */
  readonly workerId?: string;
}

/** A job that ended as a consequence of a call that was about other jobs, or about its group. */
export interface OtherEnd extends EndedJob {
  readonly state: "FAILED" | "CANCELLED" | "EXPIRED";
}

/** What a call ended besides the jobs in its answer. As with EndedJob, nobody learns of it if the reply is lost. */
export interface OtherEnds {
  readonly jobs: readonly OtherEnd[];
  /** The groups that finished. Those of fan-outs are not among them. */
  readonly groups: readonly {
    readonly id: GroupId;
    readonly state: "SUCCEEDED" | "FAILED" | "CANCELLED" | "EXPIRED";
  }[];
}
