import { expect, test } from "vitest";
import { type QuotedTurn, quantile, quoteTimes } from "./quote-times.ts";

const nowMs = 1_000_000;

/** A job that would be next, in a queue whose ten slots are busy and end a job a second. */
const turn = (change: Partial<QuotedTurn> = {}): QuotedTurn => ({
  nowMs,
  clearsMs: [],
  ...{ aheadInLane: 0, otherLanes: [], lanes: 0 },
  leased: { jobs: 60, sinceMs: nowMs - 60_000 },
  ...{ slots: 10, freeSlots: 0 },
  allRunsMs: [10_000, 10_000],
  runsMs: [8_000, 10_000, 12_000],
  ...{ windows: [], running: undefined },
  ...change,
});

const startOf = (change: Partial<QuotedTurn>) => {
  const { start } = quoteTimes(turn(change));
  if (start === undefined) throw new Error("no start");
  return { low: start.low - nowMs, likely: start.likely - nowMs, high: start.high - nowMs };
};

test("a job starts at once while a worker has a free slot, and ends as long after it as its kind runs", () => {
  const { start, end, basis } = quoteTimes(turn({ freeSlots: 1, leased: undefined }));
  expect(start).toEqual({ low: nowMs, likely: nowMs, high: nowMs + 1_000 });
  expect(end).toEqual({
    low: nowMs + 8_000,
    likely: nowMs + 10_000,
    high: nowMs + 1_000 + 12_000,
  });
  expect(basis).toContain("free slot");
});

test("a job waits as long as those before it take at the recent pace", () => {
  const { low, likely, high } = startOf({ aheadInLane: 99 });
  expect(likely).toBe(100_000);
  expect(low).toBeGreaterThan(50_000);
  expect(high).toBeLessThan(200_000);
});

test("other lanes take turns with the job's lane until they have run dry", () => {
  expect(startOf({ aheadInLane: 9, otherLanes: [1, 4], lanes: 3 }).likely).toBe(15_000);
  expect(startOf({ aheadInLane: 9, otherLanes: [100, 100], lanes: 3 }).likely).toBe(30_000);
  // Two of four lanes were looked at.
  expect(startOf({ aheadInLane: 9, otherLanes: [1, 4], lanes: 5 }).likely).toBe(20_000);
});

test("the pace of slots stands in for a pace that was not measured", () => {
  expect(startOf({ aheadInLane: 9, leased: undefined }).likely).toBe(10_000);
  const { start, basis } = quoteTimes(turn({ leased: undefined, allRunsMs: [] }));
  expect(start).toBeUndefined();
  expect(basis).toContain("cannot be estimated");
});

test("a limit by time lets a job start when its windows have passed", () => {
  const window = { limit: 10, windowMs: 60_000 };
  expect(startOf({ freeSlots: 1, windows: [{ ...window, used: 9, needed: 1 }] }).likely).toBe(0);
  const over = startOf({ freeSlots: 1, windows: [{ ...window, used: 10, needed: 1 }] });
  expect(over).toEqual({ low: 0, likely: 6_000, high: 60_000 + 1_000 + 1_000 });
  const later = startOf({ freeSlots: 1, windows: [{ ...window, used: 10, needed: 25 }] });
  expect(later).toMatchObject({ low: 120_000, likely: 150_000 });
});

test("running jobs of a key end first if it runs as many as it may", () => {
  expect(startOf({ freeSlots: 5, running: { limit: 2, before: 1 } }).likely).toBe(0);
  expect(startOf({ freeSlots: 5, running: { limit: 2, before: 2 } }).likely).toBe(5_000);
});

test("nothing is estimated while a constraint depends on others, and every constraint must clear", () => {
  expect(quoteTimes(turn({ clearsMs: [undefined] })).start).toBeUndefined();
  expect(startOf({ freeSlots: 1, clearsMs: [nowMs + 500, nowMs + 900] }).low).toBe(900);
});

test("jobs that wait now have their turn before a job's own start time", () => {
  const change = { aheadInLane: 9, runAtMs: nowMs + 50_000 };
  expect(startOf(change)).toEqual({ low: 50_000, likely: 50_000, high: 51_000 });
  expect(startOf({ ...change, aheadInLane: 99 }).likely).toBe(100_000);
});

test("the end is unknown while no job of the kind has succeeded", () => {
  const { start, end, basis } = quoteTimes(turn({ freeSlots: 1, runsMs: [] }));
  expect(start).toBeDefined();
  expect(end).toBeUndefined();
  expect(basis).toContain("its end cannot be estimated");
});

test("a quantile is one of the values", () => {
  expect(quantile([], 0.5)).toBeUndefined();
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([3, 1, 2], 1)).toBe(3);
});
