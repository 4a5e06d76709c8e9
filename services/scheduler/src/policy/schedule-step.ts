/** What a schedule's due times are. The times are in milliseconds, and undefined means that there is none. */
export interface DueTimes {
  /** The first due time after a time. */
  next(afterMs: number): number | undefined;
  /** The last due time at or before a time. */
  last(atMs: number): number | undefined;
  /** When the run of a due time is to be submitted: the due time and its jitter. */
  submitMs(dueMs: number): number;
}

/** What the decision about a schedule depends on. */
export interface ScheduleState {
  readonly dueMs?: number;
  /** The due time of the run that waits for the end of earlier jobs. */
  readonly bufferedMs?: number;
  /** A job of an earlier run has not ended. */
  readonly busy: boolean;
  /** How many missed runs are made up for. */
  readonly catchUp: number;
}

interface Moved {
  /** How many due times are given up. */
  readonly missed: number;
  /** The due time from now on. */
  readonly nextDueMs: number | undefined;
  /** When a scheduler looks at the schedule next. */
  readonly lookMs: number;
}

export type ScheduleStep =
  | ({ readonly kind: "run"; readonly run: "due" | "buffered"; readonly dueMs: number } & Moved)
  /** No run is submitted. The schedule may move to another due time. */
  | ({ readonly kind: "none" } & Moved);

/** A run that is submitted later than this is missed. Rounds of the schedulers' duty and short faults take less. */
const LATE_MS = 60_000;
/** The most missed due times that one decision counts: each takes up to half a millisecond. */
const MOST_COUNTED = 100;
/** When to look at a schedule that is never due. */
const NEVER_MS = 0;

/**
 * Decides what to do with a schedule now. If due times have passed, the newest is run if it is not late. Of late and
 * earlier ones, the newest `catchUp` are run, one by one: after each, the schedule is still due.
 */
export function scheduleStep(state: ScheduleState, times: DueTimes, nowMs: number): ScheduleStep {
  const { dueMs, bufferedMs, busy, catchUp } = state;
  const moveTo = (nextDueMs: number | undefined, missed: number): Moved => ({
    ...{ missed, nextDueMs },
    lookMs: nextDueMs === undefined ? NEVER_MS : times.submitMs(nextDueMs),
  });
  if (bufferedMs !== undefined && !busy) {
    return { kind: "run", run: "buffered", dueMs: bufferedMs, ...moveTo(dueMs, 0) };
  }
  if (dueMs === undefined || times.submitMs(dueMs) > nowMs) {
    return { kind: "none", ...moveTo(dueMs, 0) };
  }
  const newestMs = newestOf(dueMs, times, nowMs);
  const isLate = nowMs - times.submitMs(newestMs) > LATE_MS;
  const wanted = isLate ? catchUp : Math.max(1, catchUp);
  if (wanted === 0) {
    const nextMs = times.next(newestMs);
    return { kind: "none", ...moveTo(nextMs, countBetween(dueMs, nextMs, times)) };
  }
  const runMs = nthNewest(wanted, { from: dueMs, newest: newestMs }, times);
  const missed = countBetween(dueMs, runMs, times);
  return { kind: "run", run: "due", dueMs: runMs, ...moveTo(times.next(runMs), missed) };
}

/** The newest due time, from `dueMs` on, whose run is to be submitted by now. */
function newestOf(dueMs: number, times: DueTimes, nowMs: number): number {
  const second = times.next(dueMs);
  if (second === undefined || times.submitMs(second) > nowMs) return dueMs;
  let newestMs = times.last(nowMs);
  while (newestMs !== undefined && newestMs > dueMs && times.submitMs(newestMs) > nowMs) {
    newestMs = times.last(newestMs - 1);
  }
  return Math.max(dueMs, newestMs ?? dueMs);
}

function nthNewest(
  count: number,
  { from, newest }: { readonly from: number; readonly newest: number },
  times: DueTimes,
): number {
  let runMs = newest;
  for (let n = 1; n < count && runMs > from; n += 1) {
    runMs = Math.max(from, times.last(runMs - 1) ?? from);
  }
  return runMs;
}

/** How many due times there are from `fromMs` until before `toMs`, up to MOST_COUNTED. */
function countBetween(fromMs: number, toMs: number | undefined, times: DueTimes): number {
  let count = 0;
  let at: number | undefined = fromMs;
  while (at !== undefined && (toMs === undefined || at < toMs) && count < MOST_COUNTED) {
    count += 1;
    at = times.next(at);
  }
  return count;
}
