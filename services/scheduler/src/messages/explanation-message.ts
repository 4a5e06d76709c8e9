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

/** Why a job waits, as its caller sees it. */
export function explanationMessage(
  explanation: Explanation,
  nowMs: number,
): MessageInitShape<typeof ExplainJobResponseSchema> {
  const { state, constraints, aheadInLane, lanes, leasedLately } = explanation;
  const waits = state === "QUEUED" || state === "SCHEDULED";
  const estimate = estimateStart({
    nowMs,
    // What is only a matter of turns is in the estimate itself.
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

const of = ({ used = 0, limit = 0 }: Constraint) => `${Math.max(0, used)} of ${limit}`;

/** What holds a job, and what would help. */
const texts: Readonly<Record<ConstraintKind, (constraint: Constraint) => string>> = {
  SCHEDULED: () => "its time to start, or to try again, is to come",
  QUEUE_PAUSED: ({ subject }) =>
    `an operator paused queue ${subject}: it waits until that is ended`,
  KEY_REQUESTS: (c) => `its API key has started ${of(c)} requests in the last minute`,
  KEY_TOKENS: (c) =>
    `its API key has reserved ${of(c)} tokens in the last minute, and it needs ${c.needed}`,
  KEY_DAILY_TOKENS: (c) =>
    `its API key has reserved ${of(c)} tokens in the last day, and it needs ${c.needed}`,
  KEY_CONCURRENCY: (c) => `${of(c)} jobs of its API key run: it waits for one of them to end`,
  PROVIDER_REQUESTS: (c) =>
    `provider account ${c.subject} has started ${of(c)} requests in the last minute`,
  PROVIDER_TOKENS: (c) =>
    `provider account ${c.subject} has reserved ${of(c)} tokens in the last minute, and it needs ${c.needed}`,
  PROVIDER_CONCURRENCY: (c) =>
    `${of(c)} jobs run on provider account ${c.subject}: it waits for one of them to end`,
  PROVIDER_COOLDOWN: ({ subject }) =>
    `provider account ${subject} refused calls and is paused; one job will probe it first`,
  PROVIDER_DOWN: ({ subject, sinceMs }) =>
    `provider account ${subject} failed again and again${sinceMs === undefined ? "" : `, and is paused since ${new Date(sinceMs).toISOString()}`}; one job at a time will probe it`,
  PROVIDER_EXHAUSTED: ({ subject }) =>
    `the money or quota of provider account ${subject} is used up: an operator must refill and reset it`,
  LANE_ORDER: ({ needed = 0 }) => `${needed} jobs of the same API key come first`,
  NO_FREE_WORKER: ({ subject, jobType, noneServesType, alone }) =>
    noneServesType
      ? `no worker has said that it serves jobs of type ${jobType} of ${subject}: start one that does`
      : alone
        ? `it lost its worker, and losing the next one would end it, so it runs alone: it waits for a worker of ${subject} that serves type ${jobType} and runs nothing else`
        : `nothing else holds it: workers that serve jobs of type ${jobType} of ${subject} are busy with jobs whose turn comes first, or none is connected`,
};
