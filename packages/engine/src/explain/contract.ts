import type { JobId, JobState } from "@millrace/shared";
import type { ConstraintKind } from "../lanes/contract.ts";

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

export interface Explanations {
  /** Why a job waits: all that holds it now. Undefined: there is no such job. */
  explain(id: JobId): Promise<Explanation | undefined>;
}
