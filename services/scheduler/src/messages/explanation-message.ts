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
import type { Serving } from "../policy/who-serves.ts";

/** The reasons why a job waits, as its caller sees them. */
export function explanationMessage(
  explanation: Explanation,
  serving: Serving,
  nowMs: number,
): MessageInitShape<typeof ExplainJobResponseSchema> {
  const { state, aheadInLane, lanes, leasedLately } = explanation;
  const constraints = constraintsOf(explanation, serving);
  const waits = state === "QUEUED" || state === "SCHEDULED";
  const estimate = estimateStart({
    nowMs,
    // Constraints that are only a matter of turns are part of the estimate itself.
    clearsMs: constraints.filter(isHeld).map(({ constraint }) => constraint.clearMs),
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

/** A constraint, its kind in the contract, and its message. */
interface Shown {
  readonly kind: Kind;
  readonly constraint: Omit<Constraint, "kind">;
  readonly message: string;
}

/**
 * The constraints as callers see them. The engine knows which types workers have named in its shard; schedulers know which
 * workers are connected now, and so say what nobody serves.
 */
function constraintsOf(explanation: Explanation, serving: Serving): readonly Shown[] {
  const { constraints, state, type, pool } = explanation;
  const held = constraints.filter(({ kind }) => kind !== "NO_FREE_WORKER");
  const shown = held.map(
    (constraint): Shown => ({
      ...{ kind: kindOf(constraint.kind), constraint },
      message: texts[constraint.kind](constraint),
    }),
  );
  const free = constraints.find(({ kind }) => kind === "NO_FREE_WORKER");
  if (state !== "QUEUED") return shown;
  if (serving.kind === "nobody") {
    const { missing, subject } = serving;
    const message = nobodyServes[missing]({ type, pool });
    return [{ kind: Kind.NO_WORKER, constraint: { subject }, message }, ...shown];
  }
  // That no worker has named the type yet is no news if one that serves it is connected.
  if (free === undefined || (shown.length > 0 && !free.alone)) return shown;
  const { slots: limit, running: used } = serving;
  const message = free.alone ? texts.NO_FREE_WORKER(free) : allBusy(serving);
  return [
    { kind: Kind.NO_FREE_WORKER, constraint: { ...free, limit, used, needed: 1 }, message },
    ...shown,
  ];
}

/** No worker can serve a model that has no route. */
const kindOf = (kind: ConstraintKind): Kind => (kind === "NO_ROUTE" ? Kind.NO_WORKER : Kind[kind]);

const isHeld = ({ kind }: Shown) => kind !== Kind.LANE_ORDER && kind !== Kind.NO_FREE_WORKER;

function constraintMessage({
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

const nobodyServes: Readonly<
  Record<"queue" | "pool" | "type", (needs: { type: string; pool: string }) => string>
> = {
  queue: () => "no connected worker serves the job's queue: start a worker that does",
  pool: ({ pool }) =>
    `connected workers serve the job's queue, but none of them serves pool ${pool}: start a worker that does`,
  type: ({ type, pool }) =>
    `connected workers serve the job's queue${pool === "" ? "" : ` and pool ${pool}`}, but none of them serves jobs of type ${type}: start a worker that does`,
};

const allBusy = ({ workers, running, slots }: Extract<Serving, { kind: "somebody" }>): string =>
  `no limit holds the job: ${workers === 1 ? "one worker serves" : `${workers} workers serve`} its queue, pool and type, and ${running} of their ${slots} slots are taken; jobs whose turn comes first get the next free slot`;

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
