import type { JobId, JobState, KeyId, QueueName } from "@millrace/shared";
import type { BandWeights, ConstraintKind } from "../lanes/contract.ts";

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

/** What holds one route of a job's model. */
export interface RouteExplanation {
  readonly account: string;
  /** The provider's name of the model. */
  readonly model: string;
  /** What of the account holds it. Empty: the next worker that serves the account may take the job on this route. */
  readonly constraints: readonly Constraint[];
  /** The job has failed on this account, so it is tried after the others. */
  readonly failed: boolean;
}

/** All values are of the same moment. */
export interface Explanation {
  readonly state: JobState;
  readonly type: string;
  /** "" if it needs none. */
  readonly pool: string;
  /** The model that the job names, if it names one. */
  readonly model?: string;
  /**
   * For a job of a model: its routes in the order in which the next lease tries them. If one of them is open, `constraints`
   * has nothing of accounts. Otherwise it has what holds each of them.
   */
  readonly routes?: readonly RouteExplanation[];
  /** The constraint that clears last comes first. Empty for a job that does not wait. */
  readonly constraints: readonly Constraint[];
  /** How many jobs of the same lane are before this job. */
  readonly aheadInLane: number;
  /** How many lanes of the job's band and pool have waiting jobs. */
  readonly lanes: number;
  /** How many jobs of the same band and pool the shard has leased within the last minute. Absent if there are none. */
  readonly leasedLately?: { readonly jobs: number; readonly sinceMs: number };
}

/** The job of a band that has waited longest. */
export interface OldestJob {
  readonly band: keyof BandWeights;
  /** Whether the limits of its own key hold it. */
  readonly limited: boolean;
  /** When it was due: submitted, or at its start time, or after its last backoff. */
  readonly sinceMs: number;
}

/**
 * What the jobs of a queue wait for now. A job counts once, with the constraint that holds its lane: a limit of its key, or else
 * its provider account, or else NO_FREE_WORKER. So LANE_ORDER never occurs. In a shard with more than 128 lanes of one class,
 * the numbers by constraint and by pool are estimates from 128 of them.
 */
export interface QueueWaits {
  readonly jobs: ReadonlyMap<ConstraintKind, number>;
  /** The queued jobs of each pool; "" for those without a pool. Jobs of a model count under the account of its first route. */
  readonly queuedByPool: ReadonlyMap<string, number>;
  readonly oldest: readonly OldestJob[];
  /** The keys whose own limits hold a lane. At most 128 of each shard, chosen at random. */
  readonly limitedKeys: readonly KeyId[];
}

export interface Explanations {
  /** Says why a job waits: everything that holds it now. Returns undefined if there is no such job. */
  explain(id: JobId): Promise<Explanation | undefined>;
  /** Says what the jobs of a queue wait for, for metrics. */
  waits(queue: QueueName): Promise<QueueWaits>;
}
