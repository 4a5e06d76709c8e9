import { timestampDate } from "@bufbuild/protobuf/wkt";
import { JobState as StateMessage } from "@millrace/proto/job";
import {
  ConstraintKind,
  type Constraint as ConstraintMessage,
  type ExplainJobResponse,
} from "@millrace/proto/job-service";
import type { JobState } from "@millrace/shared";

/** Why a job waits, at one moment. */
export interface Explanation {
  readonly state: JobState;
  /** Everything that holds the job. The constraint that will clear last comes first. */
  readonly constraints: readonly Constraint[];
  /** How many jobs of the same lane are ahead of this job. */
  readonly aheadInLane: number;
  /** Left out if there is no basis for an estimate. */
  readonly estimatedStartTime?: Date;
  readonly estimateBasis: string;
  /** The schedule that submitted the job. */
  readonly scheduleId?: string;
  readonly scheduleDueTime?: Date;
  /** The model that the job names. */
  readonly model?: string;
  /**
   * The routes of the model, in the order in which the next lease tries them. If one of them is open, `constraints` has
   * nothing of accounts. Empty for a job that names no model, or does not wait.
   */
  readonly routes: readonly RouteExplanation[];
}

/** What holds one route of a job's model. */
export interface RouteExplanation {
  readonly account: string;
  /** What the provider calls the model. */
  readonly model: string;
  /** Empty: the next free worker that serves the account may take the job on this route. */
  readonly constraints: readonly Constraint[];
  /** The job has failed on this account, so the route is tried after the others. */
  readonly failed: boolean;
}

/** One thing that holds a waiting job. */
export interface Constraint {
  readonly kind: keyof typeof ConstraintKind;
  /** What the constraint belongs to: the key id, the provider account, the pool, the queue or the group. */
  readonly subject: string;
  readonly limit: number;
  readonly used: number;
  readonly needed: number;
  /** The earliest time at which the constraint may clear by itself. */
  readonly clearTime?: Date;
  readonly message: string;
}

export const explanationOf = (message: ExplainJobResponse): Explanation => ({
  state: StateMessage[message.state] as JobState,
  constraints: message.constraints.map(constraintOf),
  aheadInLane: Number(message.aheadInLane),
  ...(message.estimatedStartTime === undefined
    ? {}
    : { estimatedStartTime: timestampDate(message.estimatedStartTime) }),
  estimateBasis: message.estimateBasis,
  ...(message.scheduleId === "" ? {} : { scheduleId: message.scheduleId }),
  ...(message.scheduleDueTime === undefined
    ? {}
    : { scheduleDueTime: timestampDate(message.scheduleDueTime) }),
  ...(message.model === "" ? {} : { model: message.model }),
  routes: message.routes.map(({ account, model, constraints, failed }) => ({
    ...{ account, model, failed },
    constraints: constraints.map(constraintOf),
  })),
});

export const constraintOf = (message: ConstraintMessage): Constraint => ({
  kind: ConstraintKind[message.kind] as keyof typeof ConstraintKind,
  subject: message.subject,
  limit: Number(message.limit),
  used: Number(message.used),
  needed: Number(message.needed),
  ...(message.clearTime === undefined ? {} : { clearTime: timestampDate(message.clearTime) }),
  message: message.message,
});
