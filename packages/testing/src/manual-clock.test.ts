import { expect, test } from "vitest";
import { ManualClock } from "./manual-clock.ts";

function setup() {
  const clock = new ManualClock(1_000);
  const runs: string[] = [];
  const runAfter = (delayMs: number, name: string) =>
    clock.after(delayMs, () => runs.push(`${name}@${clock.nowMs()}`));
  return { clock, runs, runAfter };
}

test("timers run in the order of their times, and timers of the same time in the order they were set", () => {
  const { clock, runs, runAfter } = setup();
  runAfter(20, "c");
  runAfter(10, "a");
  runAfter(10, "b");
  clock.advance(20);
  expect(runs).toEqual(["a@1010", "b@1010", "c@1020"]);
  expect(clock.nowMs()).toBe(1_020);
});

test("a timer runs at its time and not before", () => {
  const { clock, runs, runAfter } = setup();
  runAfter(10, "a");
  clock.advance(9);
  expect(runs).toEqual([]);
  clock.advance(1);
  expect(runs).toEqual(["a@1010"]);
  clock.advance(100);
  expect(runs).toHaveLength(1);
});

test("a timer set by a timer runs in the same advance if it falls due", () => {
  const { clock, runs, runAfter } = setup();
  clock.after(5, () => runAfter(5, "inner"));
  clock.after(5, () => runAfter(6, "late"));
  clock.advance(10);
  expect(runs).toEqual(["inner@1010"]);
  expect(clock.pending).toBe(1);
});

test("a cancelled timer never runs", () => {
  const { clock, runs, runAfter } = setup();
  runAfter(5, "a").cancel();
  clock.advance(10);
  expect(runs).toEqual([]);
  expect(clock.pending).toBe(0);
});

test("a jump moves the time without running timers, and advance never moves it back", () => {
  const { clock, runs, runAfter } = setup();
  runAfter(5, "a");
  clock.jump(50);
  expect(runs).toEqual([]);
  clock.advance(0);
  expect(runs).toEqual(["a@1050"]);
  clock.jump(-100);
  expect(clock.nowMs()).toBe(950);
});
