import type { JobId, JobState } from "@millrace/shared";
import type { ConstraintKind } from "../lanes/contract.ts";

export interface Constraint {
  readonly kind: ConstraintKind;
  /** The key, provider account, pool, queue or group that the constraint belongs to. */
  readonly subject: string;
  readonly limit?: number;
  readonly used?: number;
  readonly needed?: number;
  /** When a pause or cool-down began. Other constraints have none. */
  readonly sinceMs?: number;
  /** The earliest time at which the constraint may clear by itself. Absent where that depends on other jobs or people. */
  readonly clearMs?: number;
  /** For NO_FREE_WORKER: the job's type, which a worker must serve. */
  readonly jobType?: string;
  /** For NO_FREE_WORKER: all workers have declared their types, and none of them serves this type. */
  readonly noneServesType?: true;
  /** For NO_FREE_WORKER: the job is a suspect and needs a worker that runs nothing else. */
  readonly alone?: true;
}

/** All values are of the same moment. */
export interface Explanation {
  readonly state: JobState;
  readonly type: string;
  /** "" if it needs none. */
  readonly pool: string;
  /** The constraint that clears last comes first. Empty for a job that does not wait. */
  readonly constraints: readonly Constraint[];
  /** How many jobs of the same lane are before this job. */
  readonly aheadInLane: number;
  /** How many lanes of the job's band and pool have waiting jobs. */
  readonly lanes: number;
  /** How many jobs of the same band and pool the shard has leased within the last minute. Absent if there are none. */
  readonly leasedLately?: { readonly jobs: number; readonly sinceMs: number };
}

export interface Explanations {
  /** Says why a job waits: everything that holds it now. Returns undefined if there is no such job. */
  explain(id: JobId): Promise<Explanation | undefined>;
}
