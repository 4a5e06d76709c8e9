import { timestampDate } from "@bufbuild/protobuf/wkt";
import { JobState as StateMessage } from "@millrace/proto/job";
import {
  ConstraintKind,
  type Constraint as ConstraintMessage,
  type ExplainJobResponse,
} from "@millrace/proto/job-service";
import type { JobState } from "@millrace/shared";

/** Why a job waits, as of one moment. */
export interface Explanation {
  readonly state: JobState;
  /** All that holds it, the latest to clear first. */
  readonly constraints: readonly Constraint[];
  /** How many jobs of its own lane are before it. */
  readonly aheadInLane: number;
  /** Left out: nothing to go by. */
  readonly estimatedStartTime?: Date;
  readonly estimateBasis: string;
}

/** One thing that holds a waiting job. */
export interface Constraint {
  readonly kind: keyof typeof ConstraintKind;
  /** What it belongs to: the key id, the provider account, the pool or the queue. */
  readonly subject: string;
  readonly limit: number;
  readonly used: number;
  readonly needed: number;
  /** The earliest time at which it may clear by itself. */
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
});

const constraintOf = (message: ConstraintMessage): Constraint => ({
  kind: ConstraintKind[message.kind] as keyof typeof ConstraintKind,
  subject: message.subject,
  limit: Number(message.limit),
  used: Number(message.used),
  needed: Number(message.needed),
  ...(message.clearTime === undefined ? {} : { clearTime: timestampDate(message.clearTime) }),
  message: message.message,
});
