import { expect, onTestFinished, test } from "vitest";
import { onSignal } from "./drain-on-signal.ts";
import type { DrainOnSignal } from "./worker-options.ts";

const listeners = () => process.listenerCount("SIGTERM") + process.listenerCount("SIGINT");

function setup(option: DrainOnSignal | undefined) {
  const before = listeners();
  const drains: number[] = [];
  const { release } = onSignal(option, (graceMs) => drains.push(graceMs));
  onTestFinished(release);
  return { drains, release, added: () => listeners() - before };
}

test.each([undefined, false])("drainOnSignal %s listens to no signal", (option) => {
  expect(setup(option).added()).toBe(0);
});

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s drains once, and the next signal is not caught",
  (signal) => {
    const { drains, added } = setup(true);
    expect(added()).toBe(2);
    process.emit(signal);
    expect(drains).toEqual([15_000]);
    expect(added()).toBe(0);
  },
);

test.each<[DrainOnSignal, number]>([
  [{ graceMs: 0 }, 0],
  [{ graceMs: 60_000 }, 60_000],
  [{}, 15_000],
])("%o drains with a grace of %d ms", (option, graceMs) => {
  const { drains } = setup(option);
  process.emit("SIGTERM");
  expect(drains).toEqual([graceMs]);
});

test("a worker that has left does not listen any more", () => {
  const { drains, release, added } = setup(true);
  release();
  expect(added()).toBe(0);
  expect(drains).toEqual([]);
});
