import type { Engine, GroupChild, JobRecord } from "@millrace/engine";
import type { JobId } from "@millrace/shared";
import { expect, test } from "vitest";
import { withWholeResults } from "./whole-results.ts";

const child = (index: number, more: Partial<GroupChild> = {}): GroupChild => ({
  ...{ index, jobId: `${index}` as JobId, state: "SUCCEEDED" as const },
  ...more,
});

const engineWith = (results: Readonly<Record<string, string>>): Pick<Engine, "getJobs"> => ({
  getJobs: async (ids) =>
    ids.map((id) => {
      const resultJson = results[id];
      return resultJson === undefined ? undefined : ({ id, resultJson } as JobRecord);
    }),
});

test("reads the results that are not kept with the group, and leaves those that are gone", async () => {
  const children = [
    child(1, { resultJson: "1" }),
    child(2),
    child(3),
    child(4, { state: "FAILED" }),
  ];
  expect(await withWholeResults(engineWith({ 2: '"two"', 4: "4" }), children)).toEqual([
    child(1, { resultJson: "1" }),
    child(2, { resultJson: '"two"' }),
    child(3),
    child(4, { state: "FAILED" }),
  ]);
});

test("a page ends when it has about 1 MiB of results", async () => {
  const half = JSON.stringify("x".repeat(600_000));
  const children = [child(1), child(2), child(3)];
  const page = await withWholeResults(engineWith({ 1: half, 2: half, 3: half }), children);
  expect(page.map(({ index }) => index)).toEqual([1, 2]);
});
