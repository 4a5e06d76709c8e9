// What dies at once costs at most the attempts that ran in it.
import { afterEach, beforeEach, expect, test } from "vitest";
import { killPod, kubectl, pods } from "./cluster.ts";
import { type Component, components, NAMESPACE, settled } from "./release.ts";
import { attemptsBurnt, kept, promised, underLoad } from "./under-load.ts";

/** A worker of the tests has this number of slots. */
const SLOTS = 8;
/** So long may no job end while Redis restarts. */
const REDIS_GAP_MS = 10_000;

beforeEach(settled);
afterEach(settled);

test.each<{ readonly killed: readonly Component[]; readonly burns: number }>([
  { killed: ["gateway", "scheduler"], burns: 0 },
  { killed: ["worker-load"], burns: SLOTS },
])(
  "kill -9 of a pod of each of $killed loses no job, and at most $burns attempts",
  async ({ killed, burns }) => {
    const reports = Object.values(
      await underLoad(`kill of ${killed.join(", then of ")}`, async () => {
        for (const component of killed) {
          await killPod(NAMESPACE, component);
          await pods(NAMESPACE, component, components[component]);
        }
      }),
    );
    for (const report of reports) expect(promised(report)).toEqual(kept);
    expect(reports.reduce((sum, report) => sum + attemptsBurnt(report), 0)).toBeLessThanOrEqual(
      burns,
    );
  },
);

test.each([
  { how: "killed", work: () => killPod(NAMESPACE, "redis") },
  {
    how: "deleted",
    work: () =>
      kubectl("-n", NAMESPACE, "delete", "pod", "-l", "app.kubernetes.io/component=redis"),
  },
])(
  "Redis' pod is $how: no call and no attempt is lost, and jobs end again within 10 s",
  async ({ how, work }) => {
    const reports = Object.values(
      await underLoad(`Redis ${how}`, async () => {
        await work();
        await pods(NAMESPACE, "redis", 1);
      }),
    );
    for (const report of reports) {
      expect(promised(report)).toEqual(kept);
      expect(attemptsBurnt(report)).toBe(0);
      expect(report.longestGapMs).toBeLessThanOrEqual(REDIS_GAP_MS);
    }
  },
);
