import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Constraint, ConstraintKind } from "@millrace/engine";
import { type ConstraintSchema, ConstraintKind as Kind } from "@millrace/proto/job-service";
import { timestampOf } from "@millrace/runtime";

/** A constraint, its kind in the contract, and its message. */
export interface Shown {
  readonly kind: Kind;
  readonly constraint: Omit<Constraint, "kind">;
  readonly message: string;
}

/** A constraint that the engine found. */
export const shownOf = (constraint: Constraint): Shown => ({
  ...{ kind: Kind[constraint.kind], constraint },
  message: texts[constraint.kind](constraint),
});

export function constraintMessage({
  kind,
  constraint,
  message,
}: Shown): MessageInitShape<typeof ConstraintSchema> {
  const { subject, limit = 0, used = 0, needed = 0, clearMs } = constraint;
  return {
    kind,
    subject,
    limit: BigInt(limit),
    used: BigInt(Math.max(0, used)),
    needed: BigInt(needed),
    ...(clearMs === undefined ? {} : { clearTime: timestampOf(clearMs) }),
    message,
  };
}

const usedOfLimit = ({ used = 0, limit = 0 }: Constraint) => `${Math.max(0, used)} of ${limit}`;

/** For each constraint: what holds the job, and what ends the wait. */
export const texts: Readonly<Record<ConstraintKind, (constraint: Constraint) => string>> = {
  SCHEDULED: () => "the job's start time, or the end of its backoff, has not come yet",
  QUEUE_PAUSED: ({ subject }) =>
    `an operator has paused queue ${subject}: the job waits until an operator resumes it`,
  KEY_REQUESTS: (c) =>
    `the job's API key has started ${usedOfLimit(c)} requests in the last minute`,
  KEY_TOKENS: (c) =>
    `the job's API key has reserved ${usedOfLimit(c)} tokens in the last minute, and the job needs ${c.needed}`,
  KEY_DAILY_TOKENS: (c) =>
    `the job's API key has reserved ${usedOfLimit(c)} tokens in the last day, and the job needs ${c.needed}`,
  // Only internal queues limit what a key runs in one pool.
  KEY_CONCURRENCY: (c) =>
    c.subject.includes("/")
      ? `${usedOfLimit(c)} jobs of the job's API key are running in pool ${c.subject}: the job waits until one of them ends`
      : `${usedOfLimit(c)} jobs of the job's API key are running: the job waits until one of them ends`,
  PROVIDER_REQUESTS: (c) =>
    `provider account ${c.subject} has started ${usedOfLimit(c)} requests in the last minute`,
  PROVIDER_TOKENS: (c) =>
    `provider account ${c.subject} has reserved ${usedOfLimit(c)} tokens in the last minute, and the job needs ${c.needed}`,
  PROVIDER_CONCURRENCY: (c) =>
    `${usedOfLimit(c)} jobs are running on provider account ${c.subject}: the job waits until one of them ends`,
  PROVIDER_COOLDOWN: ({ subject }) =>
    `provider account ${subject} refused calls and is cooling down: one job will probe it first`,
  PROVIDER_DOWN: ({ subject, sinceMs }) =>
    `provider account ${subject} failed several times in a row${sinceMs === undefined ? "" : ` and has been cooling down since ${new Date(sinceMs).toISOString()}`}: one job at a time will probe it`,
  PROVIDER_EXHAUSTED: ({ subject }) =>
    `the money or quota of provider account ${subject} is used up: an operator must refill and reset the account`,
  NO_ROUTE: ({ subject }) =>
    `there is no model ${subject} any more: the job waits until an operator creates a model of this name`,
  CHILDREN: (c) =>
    `${usedOfLimit(c)} children of group ${c.subject} have ended: the job waits until the group has finished`,
  GROUP_IN_FLIGHT: (c) =>
    `${usedOfLimit(c)} children of group ${c.subject} wait for a worker or run (max_in_flight): the job waits until one of them ends`,
  LANE_ORDER: ({ needed = 0 }) => `${needed} jobs of the same API key come first`,
  NO_FREE_WORKER: ({ subject, jobType }) =>
    `the job lost its worker and would fail if it lost the next one, so it must run alone: it waits for a worker of ${subject} that serves type ${jobType} and runs nothing else`,
};
