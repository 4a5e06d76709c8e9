// A hostile document costs its own job, and neither the pod that reads it nor the jobs beside it.
import { beforeAll, expect, test } from "vitest";
import { linesOf, podsOf, startNode } from "./cluster.ts";
import type { HostileReport } from "./load/hostile.ts";
import { NAMESPACE, outside, ownKey, settled } from "./release.ts";

beforeAll(settled);

const restarts = async () =>
  (await podsOf(NAMESPACE, "worker-default"))
    .flatMap(({ status }) => status.containerStatuses ?? [])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);

test("a worker at its memory limit reads hostile PDFs: their jobs fail, and no pod restarts", async () => {
  const before = await restarts();
  const LOAD = JSON.stringify({ ...(await outside()), apiKey: await ownKey() });
  const child = startNode("load/hostile.ts", { network: "n1", inside: false, env: { LOAD } });
  const reports = JSON.parse(await linesOf(child).next()) as HostileReport[];
  const [good, ...hostile] = reports;
  expect(good).toMatchObject({ state: "SUCCEEDED", attempts: 1, stalls: 0 });
  expect(hostile.map(({ state, stalls }) => ({ state, stalls }))).toEqual(
    hostile.map(() => ({ state: "FAILED", stalls: 0 })),
  );
  expect(await restarts()).toBe(before);
});
