import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Explanation } from "@millrace/engine";
import { JobState } from "@millrace/proto/job";
import { type ExplainJobResponseSchema, ConstraintKind as Kind } from "@millrace/proto/job-service";
import { timestampOf } from "@millrace/runtime";
import { estimateStart } from "../policy/start-estimate.ts";
import type { Serving } from "../policy/who-serves.ts";
import { constraintMessage, type Shown, shownOf, texts } from "./constraint-message.ts";
import {
  type HeldRoute,
  heldRoutes,
  isOpen,
  routeMessage,
  routesClearMs,
} from "./route-message.ts";

/** Who serves a job, and for a job of a model, who serves each of its routes, in their order. */
export interface JobServing {
  readonly job: Serving;
  readonly routes: readonly Serving[];
}

/** The reasons why a job waits, as its caller sees them. */
export function explanationMessage(
  explanation: Explanation,
  serving: JobServing,
  nowMs: number,
): MessageInitShape<typeof ExplainJobResponseSchema> {
  const { state, aheadInLane, lanes, leasedLately, model = "" } = explanation;
  const routes = heldRoutes(explanation, serving.routes);
  const constraints = constraintsOf(explanation, serving.job, routes);
  const waits = state === "QUEUED" || state === "SCHEDULED";
  const estimate = estimateStart({
    nowMs,
    // Constraints that are only a matter of turns are part of the estimate itself.
    clearsMs: clearsOf(constraints.filter(isHeld), routes),
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
    model,
    routes: routes.map(routeMessage),
  };
}

/**
 * The constraints as callers see them. The engine knows which types workers have named in its shard; schedulers know which
 * workers are connected now, and so say what nobody serves.
 */
export function constraintsOf(
  explanation: Explanation,
  serving: Serving,
  routes: readonly HeldRoute[],
): readonly Shown[] {
  const { constraints, state, type, pool, model = "" } = explanation;
  const held = constraints.filter(({ kind }) => kind !== "NO_FREE_WORKER").map(shownOf);
  const shown = [...held, ...ofRoutes(held, routes, serving)];
  const free = constraints.find(({ kind }) => kind === "NO_FREE_WORKER");
  if (state !== "QUEUED") return shown;
  if (serving.kind === "nobody") {
    const { missing, subject } = serving;
    const message = nobodyServes[missing]({ type, pool, model, routes });
    return [{ kind: Kind.NO_WORKER, constraint: { subject }, message }, ...shown];
  }
  // That no worker has named the type yet is no news if one that serves it is connected.
  if (free === undefined || (shown.length > 0 && !free.alone)) return shown;
  const { slots: limit, running: used } = serving;
  const message = free.alone
    ? texts.NO_FREE_WORKER(free)
    : allBusy(serving, model === "" ? "pool" : "model");
  return [
    { kind: Kind.NO_FREE_WORKER, constraint: { ...free, limit, used, needed: 1 }, message },
    ...shown,
  ];
}

/**
 * What holds each route, if no route is open that somebody serves. The engine does not know who serves a route, so its
 * constraints may lack these.
 */
function ofRoutes(
  held: readonly Shown[],
  routes: readonly HeldRoute[],
  serving: Serving,
): readonly Shown[] {
  if (serving.kind === "nobody" || routes.some(isOpen)) return [];
  const idOf = ({ kind, constraint }: Shown) => `${kind} ${constraint.subject}`;
  const known = new Set(held.map(idOf));
  return routes.flatMap(({ shown }) => shown.filter((one) => !known.has(idOf(one))));
}

/** When the constraints clear. Routes clear when the first of them does. */
export function clearsOf(
  shown: readonly Shown[],
  routes: readonly HeldRoute[],
): readonly (number | undefined)[] {
  const clearMs = ({ constraint }: Shown) => constraint.clearMs;
  if (routes.length === 0) return shown.map(clearMs);
  const ofAccounts = new Set(
    routes.flatMap((route) =>
      route.shown.map(({ kind, constraint }) => `${kind} ${constraint.subject}`),
    ),
  );
  const others = shown.filter(
    ({ kind, constraint }) => !ofAccounts.has(`${kind} ${constraint.subject}`),
  );
  return [...others.map(clearMs), ...(routes.some(isOpen) ? [] : [routesClearMs(routes)])];
}

const isHeld = ({ kind }: Shown) => kind !== Kind.LANE_ORDER && kind !== Kind.NO_FREE_WORKER;

interface Unserved {
  readonly type: string;
  readonly pool: string;
  readonly model: string;
  readonly routes: readonly HeldRoute[];
}

const nobodyServes: Readonly<
  Record<"queue" | "pool" | "model" | "type", (needs: Unserved) => string>
> = {
  queue: () => "no connected worker serves the job's queue: start a worker that does",
  pool: ({ pool }) =>
    `connected workers serve the job's queue, but none of them serves pool ${pool}: start a worker that does`,
  model: ({ model, routes }) =>
    `connected workers serve the job's queue, but none of them serves an account of model ${model} (${routes.map(({ account }) => account).join(", ")}): start a worker that does`,
  type: ({ type, pool, model }) =>
    `connected workers serve the job's queue${pool === "" ? "" : ` and pool ${pool}`}${model === "" ? "" : ` and accounts of model ${model}`}, but none of them serves jobs of type ${type}: start a worker that does`,
};

const allBusy = (
  { workers, running, slots }: Extract<Serving, { kind: "somebody" }>,
  place: "pool" | "model",
): string =>
  `no limit holds the job: ${workers === 1 ? "one worker serves" : `${workers} workers serve`} its queue, ${place} and type, and ${running} of their ${slots} slots are taken; jobs whose turn comes first get the next free slot`;
