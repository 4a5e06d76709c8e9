import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Constraint, ConstraintKind, Explanation } from "@millrace/engine";
import { JobState } from "@millrace/proto/job";
import {
  type ConstraintSchema,
  type ExplainJobResponseSchema,
  ConstraintKind as Kind,
} from "@millrace/proto/job-service";
import { timestampOf } from "@millrace/runtime";
import { estimateStart } from "../policy/start-estimate.ts";

/** The reasons why a job waits, as its caller sees them. */
export function explanationMessage(
  explanation: Explanation,
  nowMs: number,
): MessageInitShape<typeof ExplainJobResponseSchema> {
  const { state, constraints, aheadInLane, lanes, leasedLately } = explanation;
  const waits = state === "QUEUED" || state === "SCHEDULED";
  const estimate = estimateStart({
    nowMs,
    // Constraints that are only a matter of turns are part of the estimate itself.
    clearsMs: constraints.filter(isHeld).map(({ clearMs }) => clearMs),
    aheadInLane,
    lanes,
    leased: leasedLately,
  });
  return {
    state: JobState[state],
    constraints: constraints.map(constraintMessage),
    aheadInLane: BigInt(aheadInLane),
    ...(waits && estimate.startMs !== undefined
      ? { estimatedStartTime: timestampOf(estimate.startMs) }
      : {}),
    estimateBasis: waits ? estimate.basis : "",
  };
}

const isHeld = ({ kind }: Constraint) => kind !== "LANE_ORDER" && kind !== "NO_FREE_WORKER";

function constraintMessage(constraint: Constraint): MessageInitShape<typeof ConstraintSchema> {
  const { kind, subject, limit = 0, used = 0, needed = 0, clearMs } = constraint;
  return {
    kind: Kind[kind],
    subject,
    limit: BigInt(limit),
    used: BigInt(Math.max(0, used)),
    needed: BigInt(needed),
    ...(clearMs === undefined ? {} : { clearTime: timestampOf(clearMs) }),
    message: texts[kind](constraint),
  };
}

const usedOfLimit = ({ used = 0, limit = 0 }: Constraint) => `${Math.max(0, used)} of ${limit}`;

/** For each constraint: what holds the job, and what ends the wait. */
const texts: Readonly<Record<ConstraintKind, (constraint: Constraint) => string>> = {
  SCHEDULED: () => "the job's start time, or the end of its backoff, has not come yet",
  QUEUE_PAUSED: ({ subject }) =>
    `an operator has paused queue ${subject}: the job waits until an operator resumes it`,
  KEY_REQUESTS: (c) =>
    `the job's API key has started ${usedOfLimit(c)} requests in the last minute`,
  KEY_TOKENS: (c) =>
    `the job's API key has reserved ${usedOfLimit(c)} tokens in the last minute, and the job needs ${c.needed}`,
  KEY_DAILY_TOKENS: (c) =>
    `the job's API key has reserved ${usedOfLimit(c)} tokens in the last day, and the job needs ${c.needed}`,
  KEY_CONCURRENCY: (c) =>
    `${usedOfLimit(c)} jobs of the job's API key are running: the job waits until one of them ends`,
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
  CHILDREN: (c) =>
    `${usedOfLimit(c)} children of group ${c.subject} have ended: the job waits until the group has finished`,
  GROUP_IN_FLIGHT: (c) =>
    `${usedOfLimit(c)} children of group ${c.subject} wait for a worker or run (max_in_flight): the job waits until one of them ends`,
  LANE_ORDER: ({ needed = 0 }) => `${needed} jobs of the same API key come first`,
  NO_FREE_WORKER: ({ subject, jobType, noneServesType, alone }) =>
    noneServesType
      ? `no connected worker serves jobs of type ${jobType} of ${subject}: start a worker that does`
      : alone
        ? `the job lost its worker and would fail if it lost the next one, so it must run alone: it waits for a worker of ${subject} that serves type ${jobType} and runs nothing else`
        : `no limit holds the job: the workers that serve jobs of type ${jobType} of ${subject} are busy with jobs whose turn comes first, or no such worker is connected`,
};
