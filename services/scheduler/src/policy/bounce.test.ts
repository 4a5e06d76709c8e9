import { expect, test } from "vitest";
import { bounceOf } from "./bounce.ts";

const nowMs = 1_000_000;
const least = { next: () => 0, bytes: () => new Uint8Array() };
const most = { ...least, next: () => 1 - Number.EPSILON };
const refused = { kind: "refused", askedMs: 0 } as const;
const failed = { kind: "failed", askedMs: 0 } as const;
const attempt = { report: refused, bounces: 0, nowMs };

test("sends an attempt that met a cool-down to the head of its lane, and counts it with the others of the episode", () => {
  const verdict = { kind: "COOLING", coolUntilMs: nowMs + 5_000, episode: "e1" } as const;
  expect(bounceOf({ ...attempt, verdict }, least)).toEqual({ delayMs: 0, episode: "e1" });
  expect(bounceOf({ ...attempt, report: failed, verdict }, least)).toEqual({
    ...{ delayMs: 0, episode: "e1" },
  });
});

test("brings a probe back after the next one, so that another job may be the next", () => {
  const verdict = { kind: "PROBE", coolUntilMs: nowMs + 5_000, episode: "e1" } as const;
  expect(bounceOf({ ...attempt, verdict }, least)).toEqual({ delayMs: 6_000, episode: "e1" });
  // It counts by itself if it may have failed by the job's own fault.
  expect(bounceOf({ ...attempt, report: failed, verdict }, least)).toEqual({ delayMs: 6_000 });
});

test.each(["COUNTED", "EXHAUSTED"] as const)(
  "treats a report of %s as an ordinary failure",
  (kind) => {
    expect(bounceOf({ ...attempt, verdict: { kind } }, least)).toBeUndefined();
  },
);

test("bounces a job without a pool with its own backoff, and waits at least as long as the provider asked", () => {
  const delays = (random: typeof least, askedMs: number) =>
    [0, 1, 2, 5, 20].map((bounces) => {
      const one = { ...attempt, bounces, report: { ...refused, askedMs }, verdict: undefined };
      return bounceOf(one, random)?.delayMs;
    });
  expect(delays(least, 0)).toEqual([750, 1_500, 3_000, 24_000, 60_000]);
  expect(delays(most, 0)).toEqual([375, 750, 1_500, 12_000, 30_000]);
  expect(delays(least, 3_000)).toEqual([3_000, 3_000, 3_000, 24_000, 60_000]);
});

test("treats a failure of a job without a pool as an ordinary failure", () => {
  expect(bounceOf({ ...attempt, report: failed, verdict: undefined }, least)).toBeUndefined();
});

test("sends a job away from an account that is used up if its model has another one, and spends no attempt", () => {
  const verdict = { kind: "EXHAUSTED" } as const;
  expect(bounceOf({ ...attempt, verdict, hasOthers: true }, least)).toEqual({ delayMs: 0 });
  expect(bounceOf({ ...attempt, verdict, hasOthers: false }, least)).toBeUndefined();
});
