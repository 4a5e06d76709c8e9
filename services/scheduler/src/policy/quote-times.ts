/** An estimate of a time or an amount. */
export interface Range {
  readonly low: number;
  readonly likely: number;
  readonly high: number;
}

/** A limit of the API key: how much of it is used, and what this job and those of the quote before it need of it. */
export interface WindowUse {
  readonly limit: number;
  readonly used: number;
  readonly needed: number;
  /** How long what is used counts. */
  readonly windowMs: number;
}

/** What is known of where a job would wait, and how fast jobs start there. */
export interface QuotedTurn {
  readonly nowMs: number;
  /** The job's own start time. Jobs that wait now have their turn before it. */
  readonly runAtMs?: number | undefined;
  /** When each constraint clears by itself; undefined if that depends on others. */
  readonly clearsMs: readonly (number | undefined)[];
  /** How many jobs of the job's lane come before it, those of the same quote included. */
  readonly aheadInLane: number;
  /** How many jobs wait in other lanes that take turns with it: a sample of the lanes. */
  readonly otherLanes: readonly number[];
  /** How many lanes take turns with the job's lane, its own included. */
  readonly lanes: number;
  /** How many jobs of its band and pool were leased lately; undefined if none were. */
  readonly leased: { readonly jobs: number; readonly sinceMs: number } | undefined;
  /** The slots of the workers that serve the job, and how many of them are free for it. */
  readonly slots: number;
  readonly freeSlots: number;
  /** How long jobs of the queue ran lately; empty if that is not known. */
  readonly allRunsMs: readonly number[];
  /** How long jobs of this kind ran. */
  readonly runsMs: readonly number[];
  /** The key's limits by time. */
  readonly windows: readonly WindowUse[];
  /** The limit of the key's running jobs; undefined if there is none. `before`: those that run, and jobs that come first. */
  readonly running: { readonly limit: number; readonly before: number } | undefined;
}

export interface QuotedTurnTimes {
  readonly start?: Range;
  readonly end?: Range;
  /** For people. */
  readonly basis: string;
}

/** How many standard deviations a range reaches on either side: four of five jobs are in it if starts are independent. */
const DEVIATIONS = 1.3;
/** How much the rate itself may differ from what was measured. */
const RATE_FACTOR = 1.2;
/** What a start takes besides the wait for its turn: the round trips of a lease. */
const START_MS = 1_000;

/** The value below which the share `part` of the values lies. Undefined if there are none. */
export function quantile(values: readonly number[], part: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}

const meanOf = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((sum, one) => sum + one, 0) / values.length;

/**
 * Estimates when a job that is not submitted yet would start and end. All constraints must clear, and its key's limits must
 * have room. Then its turn comes: a free slot takes it at once, otherwise it waits as many turns as jobs come before it, at the rate
 * at which jobs of its band and pool were leased lately, or at which the workers' slots become free.
 */
export function quoteTimes(turn: QuotedTurn): QuotedTurnTimes {
  const { nowMs, clearsMs, runsMs } = turn;
  if (clearsMs.includes(undefined)) {
    return {
      basis:
        "the job would wait for other jobs or for an operator, so its start cannot be estimated",
    };
  }
  const clearMs = Math.max(nowMs, ...clearsMs.map((ms) => ms ?? nowMs));
  const waited = waitForTurn(turn);
  if (waited.wait === undefined) return { basis: waited.basis };
  const { wait, basis } = waited;
  const held = [...turn.windows.map(waitForWindow), waitForRunning(turn)];
  const most = (of: keyof Range) => Math.round(Math.max(wait[of], ...held.map((one) => one[of])));
  const { runAtMs = nowMs } = turn;
  const start = {
    low: Math.max(runAtMs, clearMs + most("low")),
    likely: Math.max(runAtMs, clearMs + most("likely")),
    high: Math.max(runAtMs, clearMs + most("high")) + START_MS,
  };
  const [low, likely, high] = [0.1, 0.5, 0.95].map((part) => quantile(runsMs, part));
  if (low === undefined || likely === undefined || high === undefined) {
    return {
      start,
      basis: `${basis}; no job of its kind has succeeded lately, so its end cannot be estimated`,
    };
  }
  const end = { low: start.low + low, likely: start.likely + likely, high: start.high + high };
  return { start, end, basis };
}

function waitForTurn(turn: QuotedTurn): { readonly wait?: Range; readonly basis: string } {
  const { nowMs, aheadInLane, freeSlots, slots, leased } = turn;
  const turns = turnsOf(turn);
  if (turns.likely <= freeSlots) {
    return { wait: { low: 0, likely: 0, high: 0 }, basis: "a worker has a free slot for the job" };
  }
  const perMs = leased && leased.jobs / Math.max(1_000, nowMs - leased.sinceMs);
  const meanMs = meanOf(turn.allRunsMs);
  const capacity = meanMs === undefined || slots === 0 ? undefined : slots / Math.max(1, meanMs);
  const rates = [perMs, capacity].filter((rate) => rate !== undefined);
  // While slots are free, jobs are leased as they arrive, so the pace says nothing of how fast they could be.
  const likely = freeSlots > 0 ? (capacity ?? perMs) : (perMs ?? capacity);
  if (likely === undefined) {
    return {
      basis:
        "no job of its band and pool was leased in the last minute, and none has succeeded lately, so its start cannot be estimated",
    };
  }
  const spread = (count: number) => DEVIATIONS / Math.sqrt(Math.max(1, count));
  const low = Math.max(0, turns.low - freeSlots);
  const high = Math.max(1, turns.high - freeSlots);
  const wait = {
    low: (low / Math.max(...rates) / RATE_FACTOR) * Math.max(0, 1 - spread(low)),
    likely: Math.max(1, turns.likely - freeSlots) / likely,
    high: (high / Math.min(...rates)) * RATE_FACTOR * (1 + spread(high)),
  };
  const perSecond = likely * 1_000;
  return {
    wait,
    basis:
      `about ${perSecond.toFixed(perSecond < 10 ? 2 : 0)} jobs per second ${likely === perMs ? "of its band and pool were leased lately" : "end on the workers that serve it"}; ` +
      `about ${Math.round(turns.likely)} starts up to its own, of which ${aheadInLane} before it in its lane`,
  };
}

/** How many jobs start until the job does, itself included. Lanes take turns, and a lane that has run dry has none. */
function turnsOf({ aheadInLane, otherLanes, lanes }: QuotedTurn): Range {
  const own = aheadInLane + 1;
  const others = Math.max(0, lanes - 1, otherLanes.length);
  const sampled = otherLanes.reduce((sum, jobs) => sum + Math.min(jobs, own), 0);
  const of = otherLanes.length === 0 ? 0 : (sampled * others) / otherLanes.length;
  // Lanes may also be of less weight than the job's, or fill up again.
  const refilled = otherLanes.length === 0 ? 0 : own * others;
  return { low: own + of / 2, likely: own + of, high: own + Math.min(refilled, of * 1.5) };
}

/** A limit by time gives everything back when its window has passed. */
function waitForWindow({ limit, used, needed, windowMs }: WindowUse): Range {
  const over = used + needed - limit;
  if (over <= 0 || limit <= 0) return { low: 0, likely: 0, high: 0 };
  const windows = Math.ceil(over / limit);
  return {
    low: (windows - 1) * windowMs,
    likely: (over / limit) * windowMs,
    high: windows * windowMs + windowMs / 60,
  };
}

/** Running jobs of the key must end first, if it runs as many as it may. */
function waitForRunning({ running, runsMs, allRunsMs }: QuotedTurn): Range {
  const runMs = meanOf(runsMs) ?? meanOf(allRunsMs);
  const over = running === undefined ? 0 : running.before + 1 - running.limit;
  if (running === undefined || over <= 0 || runMs === undefined) {
    return { low: 0, likely: 0, high: 0 };
  }
  const likely = (over / Math.max(1, running.limit)) * runMs;
  const spread = DEVIATIONS / Math.sqrt(over);
  return {
    low: (likely / RATE_FACTOR) * Math.max(0, 1 - spread),
    likely,
    high: likely * RATE_FACTOR * (1 + spread),
  };
}
