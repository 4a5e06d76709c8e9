import { ManualClock } from "@millrace/testing";
import { expect, test, vi } from "vitest";
import { deletionCost, startDeletionCosts } from "./deletion-costs.ts";

const EVERY_MS = 5_000;

test.each([
  [0, 0],
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 4],
  [255, 128],
])("a worker with %d jobs costs %d", (running, cost) => {
  expect(deletionCost(running)).toBe(cost);
});

test("tells the costs that have changed, once for all streams of a worker, and again what could not be told", async () => {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  const told: string[] = [];
  let refused = "";
  let workers = [
    { workerId: "a-1", running: 0 },
    { workerId: "b-1", running: 3 },
    { workerId: "b-1", running: 1 },
    { workerId: "elsewhere", running: 1 },
  ];
  const pods = {
    async annotate(pod: string, annotations: Readonly<Record<string, string>>) {
      if (pod === refused) throw new Error(`no right to patch ${pod}`);
      if (!["a", "b", "c-0"].includes(pod)) return false;
      for (const [name, value] of Object.entries(annotations))
        told.push(`${pod} ${name.replace("controller.kubernetes.io/", "")} ${value}`);
      return true;
    },
  };
  const loop = startDeletionCosts({ list: () => workers as never }, pods, {
    ...{ clock, everyMs: EVERY_MS },
    onError: (error) => void errors.push(error),
  });
  /** What was told in the round that has ended. */
  const rested = async () => {
    await vi.waitFor(() => expect(clock.pending).toBe(1), { timeout: 20_000 });
    return told.splice(0);
  };
  const round = async () => {
    await clock.advance(EVERY_MS);
    return await rested();
  };
  expect(await rested()).toEqual(["a pod-deletion-cost 0", "b pod-deletion-cost 4"]);
  expect(await round()).toEqual([]);
  workers = [
    { workerId: "a-1", running: 1 },
    { workerId: "b-1", running: 5 },
    { workerId: "c-0", running: 0 },
  ];
  refused = "a";
  expect(await round()).toEqual(["c-0 pod-deletion-cost 0"]);
  expect(errors).toHaveLength(1);
  refused = "";
  expect(await round()).toEqual(["a pod-deletion-cost 1"]);
  expect(errors).toHaveLength(1);
  await loop.close();
});
