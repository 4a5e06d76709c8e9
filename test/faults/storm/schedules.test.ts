import type { Job } from "@millrace/client";
import { expect, test } from "vitest";
import { wrongRuns } from "./schedules.ts";

const createdMs = 1_000_000;
const times = { firstMs: createdMs + 1_000, nowMs: createdMs + 10_500 };
const plan = { overlap: "allow_all", intervalMs: 1_000 } as const;
const job = (nth: number, change: Partial<Job> = {}) =>
  ({
    ...{ id: `job ${nth}`, state: "SUCCEEDED" },
    scheduleDueTime: new Date(createdMs + nth * 1_000),
    ...change,
  }) as Job;
const counted = (runs: number, skipped = 0, missed = 0) => ({
  ...{ runs, skipped, missed },
});
test("due times that were each decided once are right", () => {
  expect(wrongRuns(plan, counted(3), [job(1), job(2), job(3)], times)).toEqual([]);
  expect(wrongRuns(plan, counted(2, 0, 1), [job(1), job(3)], times)).toEqual([]);
  const skips = { ...plan, overlap: "skip" } as const;
  expect(wrongRuns(skips, counted(2, 3), [job(1), job(3)], times)).toEqual([]);
});

test.each<[what: string, counts: ReturnType<typeof counted>, jobs: Job[], words: RegExp]>([
  ["a due time with two jobs", counted(3), [job(1), job(2), job(2)], /two jobs/],
  ["a due time that nobody decided", counted(2), [job(1), job(3)], /2 were decided/],
  ["a run without a job", counted(2), [job(1)], /2 runs are counted/],
  ["a job for no due time", counted(1), [job(1.5)], /no due time/],
  ["a job before the first due time", counted(1), [job(0)], /no due time/],
  ["a job that failed", counted(1), [job(1, { state: "FAILED" })], /is FAILED/],
])("%s is wrong", (_, counts, jobs, words) => {
  expect(wrongRuns(plan, counts, jobs, times).join()).toMatch(words);
});

test("a schedule that skips may not have decided due times that have not come", () => {
  const skips = { ...plan, overlap: "skip" } as const;
  expect(wrongRuns(skips, counted(1, 9), [job(1)], times)).toEqual([]);
  expect(wrongRuns(skips, counted(1, 10), [job(1)], times)).toEqual([
    expect.stringMatching(/11 were decided/),
  ]);
});
