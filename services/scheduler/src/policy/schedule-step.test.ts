import { expect, test } from "vitest";
import { type DueTimes, type ScheduleState, scheduleStep } from "./schedule-step.ts";

const MINUTE_MS = 60_000;

/** Due at each whole minute, and submitted `jitterMs` later. */
const minutely = (jitterMs = 0): DueTimes => ({
  next: (after) => (Math.floor(after / MINUTE_MS) + 1) * MINUTE_MS,
  last: (at) => Math.floor(at / MINUTE_MS) * MINUTE_MS,
  submitMs: (due) => due + jitterMs,
});
const minute = (n: number) => n * MINUTE_MS;
const decide = (state: Partial<ScheduleState>, nowMs: number, times = minutely()) =>
  scheduleStep({ busy: false, catchUp: 1, ...state }, times, nowMs);

test("waits for the due time and its jitter, and not longer", () => {
  const dueMs = minute(10);
  const none = { kind: "none", missed: 0, nextDueMs: dueMs, lookMs: dueMs + 7 };
  expect(decide({ dueMs }, dueMs + 6, minutely(7))).toEqual(none);
  expect(decide({ dueMs }, dueMs + 7, minutely(7))).toEqual({
    ...{ kind: "run", run: "due", dueMs, missed: 0, nextDueMs: minute(11), lookMs: minute(11) + 7 },
  });
});

test("after an outage, the newest run is made up for and the others are missed", () => {
  expect(decide({ dueMs: minute(10) }, minute(15) + 30_000)).toMatchObject({
    ...{ kind: "run", dueMs: minute(15), missed: 5, nextDueMs: minute(16) },
  });
});

test("as many runs are made up for as the schedule allows, one after the other", () => {
  let dueMs = minute(10);
  const ran: number[] = [];
  for (;;) {
    const step = decide({ dueMs, catchUp: 3 }, minute(15) + 30_000);
    if (step.kind === "none") break;
    ran.push(step.dueMs);
    dueMs = Number(step.nextDueMs);
  }
  expect(ran).toEqual([minute(13), minute(14), minute(15)]);
  expect(dueMs).toBe(minute(16));
});

test("without catching up, a run is submitted until it is 60 s late, and missed then", () => {
  const hourly: DueTimes = {
    next: (after) => (Math.floor(after / minute(60)) + 1) * minute(60),
    last: (at) => Math.floor(at / minute(60)) * minute(60),
    submitMs: (due) => due,
  };
  const dueMs = minute(60);
  const at = (nowMs: number) => decide({ dueMs, catchUp: 0 }, nowMs, hourly);
  expect(at(dueMs + MINUTE_MS)).toMatchObject({ kind: "run", dueMs });
  expect(at(dueMs + MINUTE_MS + 1)).toMatchObject({
    ...{ kind: "none", missed: 1, nextDueMs: minute(120) },
  });
  expect(at(minute(180) + MINUTE_MS + 1)).toMatchObject({
    ...{ kind: "none", missed: 3, nextDueMs: minute(240) },
  });
});

test("a buffered run comes first once the earlier jobs have ended", () => {
  const state = { dueMs: minute(12), bufferedMs: minute(9) };
  expect(decide({ ...state, busy: true }, minute(11))).toMatchObject({ kind: "none", missed: 0 });
  expect(decide(state, minute(13))).toEqual({
    ...{ kind: "run", run: "buffered", dueMs: minute(9), missed: 0 },
    ...{ nextDueMs: minute(12), lookMs: minute(12) },
  });
});

test("does not count back when the clock does, and counts a limited number of missed runs", () => {
  expect(decide({ dueMs: minute(10) }, minute(2))).toMatchObject({ kind: "none", missed: 0 });
  expect(decide({ dueMs: minute(0) }, minute(5_000))).toMatchObject({
    ...{ kind: "run", dueMs: minute(5_000), missed: 100 },
  });
});

test("a schedule that is never due again keeps nothing", () => {
  const once: DueTimes = { next: () => undefined, last: () => minute(1), submitMs: (due) => due };
  expect(decide({ dueMs: minute(1) }, minute(1), once)).toMatchObject({
    ...{ kind: "run", dueMs: minute(1), nextDueMs: undefined },
  });
  expect(decide({}, minute(1), once)).toMatchObject({ kind: "none", nextDueMs: undefined });
});
