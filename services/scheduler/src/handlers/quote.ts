import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Engine, PastRun, Placement } from "@millrace/engine";
import { type JobQuoteSchema, ConstraintKind as Kind } from "@millrace/proto/job-service";
import type { SchedulerService } from "@millrace/proto/scheduler-service";
import { type Handler, rpcError, timeMs } from "@millrace/runtime";
import { type Clock, isKeyId, type QueueName } from "@millrace/shared";
import { constraintMessage, type Shown } from "../messages/constraint-message.ts";
import { clearsOf, constraintsOf } from "../messages/explanation-message.ts";
import { heldRoutes } from "../messages/route-message.ts";
import { servingOf } from "../observing/serving-of.ts";
import {
  type QuotedTurnTimes,
  quoteTimes,
  type Range,
  type WindowUse,
} from "../policy/quote-times.ts";
import { costOf, tokensOf } from "../quoting/quote-amounts.ts";
import { type Quoted, quoteSum, rangeMessage, sumOf, timesMessage } from "../quoting/quote-sum.ts";
import { placementsOf, type QuotedJob, quotedJobs } from "../quoting/quoted-jobs.ts";
import type { AllWorkers } from "../session/all-workers.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 3_600_000;

/** What jobs of the same call that come first will have used. */
interface Before {
  /** Jobs of the same place. */
  readonly inPlace: Map<string, number>;
  /** Jobs of the same queue, which take free slots. */
  readonly inQueue: Map<string, number>;
  jobs: number;
  tokens: number;
}

/** Says what jobs would spend, and when they would run. It changes nothing. */
export const quote =
  (
    engine: Pick<Engine, "placement" | "pastRuns" | "recentQueue"> & {
      readonly models: Pick<Engine["models"], "lookUp">;
    },
    clock: Clock,
    workers: Pick<AllWorkers, "list">,
  ): Handler<(typeof SchedulerService)["method"]["quote"], undefined> =>
  async ({ keyId, jobs: counted }) => {
    if (!isKeyId(keyId)) {
      throw rpcError({ reason: "MALFORMED", message: "key_id must be the id of an API key" });
    }
    const jobs = await quotedJobs(engine, keyId, counted);
    const queues = [...new Set(jobs.map(({ place }) => place.queue))];
    const [placements, connected, runs] = await Promise.all([
      placementsOf(engine, jobs),
      workers.list(),
      Promise.all(
        queues.map(async (queue) => [queue, await engine.pastRuns(queue, keyId)] as const),
      ),
    ]);
    const runsOf = new Map<QueueName, readonly PastRun[]>(runs);
    const before: Before = { inPlace: new Map(), inQueue: new Map(), jobs: 0, tokens: 0 };
    const nowMs = clock.nowMs();
    const quoted = jobs.map((job) => {
      const placement = placements.get(job.placeName);
      if (placement === undefined) throw new Error("the place of a job was not read");
      const serving = servingOf(connected, job.place.queue, placement.explanation);
      const runs = runsOf.get(job.place.queue) ?? [];
      return quoteOf(job, placement, { serving, runs, before, nowMs });
    });
    return {
      quote: {
        quotes: quoted.map(({ message }) => message),
        sum: quoteSum(quoted.map(({ numbers }) => numbers)),
      },
    };
  };

interface QuoteContext {
  readonly serving: ReturnType<typeof servingOf>;
  readonly runs: readonly PastRun[];
  readonly before: Before;
  readonly nowMs: number;
}

function quoteOf(
  job: QuotedJob,
  placement: Placement,
  context: QuoteContext,
): { readonly message: MessageInitShape<typeof JobQuoteSchema>; readonly numbers: Quoted } {
  const { counted, place } = job;
  const { serving, runs } = context;
  const ofKind = runs.filter((run) => run.type === place.type && run.model === place.model);
  const { inputTokens, outputTokens, parts } = counted;
  const tokens = tokensOf({
    counted: inputTokens && outputTokens && { input: inputTokens, output: outputTokens },
    countedBasis: counted.tokenBasis,
    ...{ parts, ownRuns: ofKind.filter((run) => run.keyId === place.keyId) },
    estimatedTokens: place.estimatedTokens ?? 0,
    reservedTokens: placement.reservedTokens,
    mostOutputTokens: parts > 1 ? undefined : job.model?.maxOutputTokens,
  });
  const cost = costOf(job.model, tokens);
  const routes = heldRoutes(placement.explanation, serving.routes);
  const shown = constraintsOf(placement.explanation, serving.job, routes).filter(
    (one) => !isFree(one, serving),
  );
  // Limits of running jobs do not clear at a time: they bound the pace.
  const clearsMs = clearsOf(shown.filter(isHeld), routes);
  const times = timesOf(job, placement, context, { clearsMs, ofKind });
  const all = sumOf([tokens.input, tokens.output]);
  const start = timesMessage(times.start ?? {});
  const end = timesMessage(times.end ?? {});
  return {
    numbers: { tokens: all, cost, start: times.start ?? {}, end: times.end ?? {} },
    message: {
      inputTokens: rangeMessage(tokens.input),
      outputTokens: rangeMessage(tokens.output),
      tokens: rangeMessage(all),
      ...(cost === undefined ? {} : { costMicros: rangeMessage(cost) }),
      ...(start === undefined ? {} : { start }),
      ...(end === undefined ? {} : { end }),
      constraints: shown.map(constraintMessage),
      timeBasis: times.basis,
      tokenBasis: tokens.basis,
      estimatedDocumentIds: counted.estimatedDocumentIds,
    },
  };
}

const turnKinds: ReadonlySet<Kind> = new Set([
  ...[Kind.LANE_ORDER, Kind.NO_FREE_WORKER],
  ...[Kind.KEY_CONCURRENCY, Kind.PROVIDER_CONCURRENCY],
]);
const isHeld = ({ kind }: Shown) => !turnKinds.has(kind);

/** That no limit holds the job is no news if a slot is free. */
const isFree = ({ kind }: Shown, { job }: QuoteContext["serving"]): boolean =>
  kind === Kind.NO_FREE_WORKER && job.kind === "somebody" && job.running < job.slots;

function timesOf(
  { place, placeName, counted }: QuotedJob,
  { explanation, budget, used, reservedTokens, otherLanes }: Placement,
  { serving, runs, before, nowMs }: QuoteContext,
  known: {
    readonly clearsMs: readonly (number | undefined)[];
    readonly ofKind: readonly PastRun[];
  },
): { readonly start?: Partial<Range>; readonly end?: Partial<Range>; readonly basis: string } {
  const needed = place.estimatedTokens ?? reservedTokens;
  const inPlace = before.inPlace.get(placeName) ?? 0;
  const inQueue = before.inQueue.get(place.queue) ?? 0;
  before.inPlace.set(placeName, inPlace + 1);
  before.inQueue.set(place.queue, inQueue + 1);
  before.jobs += 1;
  before.tokens += needed;
  const { slots, running } =
    serving.job.kind === "somebody" ? serving.job : { slots: 0, running: 0 };
  const runAtMs = counted.spec?.runAt === undefined ? undefined : timeMs(counted.spec.runAt);
  const window = (limit: number | undefined, windowMs: number, use: number, need: number) =>
    limit === undefined ? [] : [{ limit, used: use, needed: need, windowMs } satisfies WindowUse];
  const { requestsPerMinute, tokensPerMinute, tokensPerDay, maxRunning } = budget;
  // Jobs of this call that come first take slots, too. Those of the same place are counted as before it in its lane.
  const freeSlots = Math.max(0, slots - running - (inQueue - inPlace));
  const turn: QuotedTurnTimes = quoteTimes({
    ...{ nowMs, runAtMs, clearsMs: known.clearsMs },
    aheadInLane: explanation.aheadInLane + inPlace,
    ...{ otherLanes, lanes: explanation.lanes, leased: explanation.leasedLately },
    ...{ slots, freeSlots },
    allRunsMs: runs.map(({ runMs }) => runMs),
    runsMs: known.ofKind.map(({ runMs }) => runMs),
    windows: [
      ...window(requestsPerMinute, MINUTE_MS, used.requests, before.jobs),
      ...window(tokensPerMinute, MINUTE_MS, used.tokens, before.tokens),
      ...window(tokensPerDay, DAY_MS, used.dayTokens, before.tokens),
    ],
    running:
      maxRunning === undefined
        ? undefined
        : { limit: maxRunning, before: used.running + before.jobs - 1 },
  });
  // The parts of a summary are jobs of their own, for which it waits.
  if (counted.parts > 1 && turn.end !== undefined) {
    const basis = `${turn.basis}; its ${counted.parts} parts are jobs of their own, so its end cannot be estimated`;
    return { ...turn, end: { low: turn.end.low }, basis };
  }
  return turn;
}
