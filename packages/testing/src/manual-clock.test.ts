import { expect, test } from "vitest";
import { ManualClock } from "./manual-clock.ts";

function setup() {
  const clock = new ManualClock(1_000);
  const runs: string[] = [];
  const at = (delayMs: number, name: string) =>
    clock.after(delayMs, () => runs.push(`${name}@${clock.nowMs()}`));
  return { clock, runs, at };
}

test("timers run in order of time, and of setting within one time, each at its own time", () => {
  const { clock, runs, at } = setup();
  at(20, "c");
  at(10, "a");
  at(10, "b");
  clock.advance(20);
  expect(runs).toEqual(["a@1010", "b@1010", "c@1020"]);
  expect(clock.nowMs()).toBe(1_020);
});

test("a timer runs when its time has come and not before", () => {
  const { clock, runs, at } = setup();
  at(10, "a");
  clock.advance(9);
  expect(runs).toEqual([]);
  clock.advance(1);
  expect(runs).toEqual(["a@1010"]);
  clock.advance(100);
  expect(runs).toHaveLength(1);
});

test("a timer set by a timer runs in the same advance if it falls due", () => {
  const { clock, runs, at } = setup();
  clock.after(5, () => at(5, "inner"));
  clock.after(5, () => at(6, "late"));
  clock.advance(10);
  expect(runs).toEqual(["inner@1010"]);
  expect(clock.pending).toBe(1);
});

test("a cancelled timer never runs", () => {
  const { clock, runs, at } = setup();
  at(5, "a").cancel();
  clock.advance(10);
  expect(runs).toEqual([]);
  expect(clock.pending).toBe(0);
});

test("a jump moves the time without running timers, and time never goes back on advance", () => {
  const { clock, runs, at } = setup();
  at(5, "a");
  clock.jump(50);
  expect(runs).toEqual([]);
  clock.advance(0);
  expect(runs).toEqual(["a@1050"]);
  clock.jump(-100);
  expect(clock.nowMs()).toBe(950);
});
