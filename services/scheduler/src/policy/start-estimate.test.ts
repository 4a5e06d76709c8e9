import { expect, test } from "vitest";
import { estimateStart } from "./start-estimate.ts";

const place = {
  nowMs: 100_000,
  clearsMs: [],
  aheadInLane: 0,
  lanes: 1,
  leased: { jobs: 50, sinceMs: 90_000 },
};

test("estimates one round of all lanes for each job before it in its own lane", () => {
  expect(estimateStart(place).startMs).toBe(100_200);
  expect(estimateStart({ ...place, aheadInLane: 9, lanes: 3 }).startMs).toBe(106_000);
});

test("adds the rounds after all constraints have cleared", () => {
  expect(estimateStart({ ...place, clearsMs: [101_000, 160_000] }).startMs).toBe(160_200);
  expect(estimateStart({ ...place, clearsMs: [5] }).startMs).toBe(100_200);
});

test("gives no time if a constraint depends on others", () => {
  const estimate = estimateStart({ ...place, clearsMs: [101_000, undefined] });
  expect(estimate).not.toHaveProperty("startMs");
  expect(estimate.basis).toContain("operator");
});

test("gives only the time at which constraints clear without a rate, for the first job of its lane", () => {
  const idle = { ...place, leased: undefined };
  expect(estimateStart(idle)).not.toHaveProperty("startMs");
  expect(estimateStart({ ...idle, clearsMs: [130_000] }).startMs).toBe(130_000);
  expect(estimateStart({ ...idle, clearsMs: [130_000], aheadInLane: 1 })).not.toHaveProperty(
    "startMs",
  );
});

test("takes a rate over at least a second", () => {
  const leased = { jobs: 4, sinceMs: 99_999 };
  expect(estimateStart({ ...place, leased }).startMs).toBe(100_250);
});
