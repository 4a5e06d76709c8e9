// Workers come and go without a lost attempt, and jobs wait while there are none.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { isReady, kubectl, linesOf, type Pod, pods, podsOf, startNode } from "./cluster.ts";
import { installKeda, kedaReady, removeKeda } from "./keda.ts";
import type { LongJobs } from "./load/long-jobs.ts";
import { poll } from "./poll.ts";
import { LOAD_QUEUE, NAMESPACE, outside, ownKey, RELEASE, settled, upgrade } from "./release.ts";
import { expectNothingLost, underLoad } from "./under-load.ts";

/** So long a job runs that must outlast a change of scale. It is cancelled in the end. */
const LONG_JOB_MS = 600_000;
/** Schedulers look every second. */
const COSTS_MS = 30_000;

/** KEDA looks every two seconds, and lets a last worker live for five. A pod starts in ten or more. */
const KEDA_MS = 120_000;

// It starts while the first checks run.
beforeAll(installKeda);
afterAll(removeKeda);
beforeEach(settled);

const scale = async (replicas: number) => {
  const deployment = `deployment/${RELEASE}-worker-load`;
  await kubectl("-n", NAMESPACE, "scale", deployment, `--replicas=${replicas}`);
  await pods(NAMESPACE, "worker-load", replicas);
};

test("workers are scaled from 1 to 5, to none and back, without a lost call or attempt", async () => {
  await scale(1);
  try {
    const reports = await underLoad("scaling of workers", async () => {
      await scale(5);
      await scale(0);
      await scale(2);
    });
    expectNothingLost(reports);
  } finally {
    await scale(2);
  }
});

const costOf = ({ metadata }: Pod) =>
  metadata.annotations?.["controller.kubernetes.io/pod-deletion-cost"];

test("of five workers, those that run a job stay", async () => {
  const jobs: LongJobs = {
    ...{ ...(await outside()), apiKey: await ownKey(), queue: LOAD_QUEUE },
    ...{ jobs: 2, jobMs: LONG_JOB_MS },
  };
  await scale(5);
  try {
    const caller = startNode("load/long-jobs.ts", {
      ...{ network: "n1", inside: false, env: { LOAD: JSON.stringify(jobs) } },
    });
    const lines = linesOf(caller);
    await lines.next();
    const busy = await poll("the costs of five workers", COSTS_MS, async () => {
      const all = await podsOf(NAMESPACE, "worker-load");
      const costs = all.map(costOf);
      const running = costs.reduce((sum, cost) => sum + Number(cost), 0);
      return running === jobs.jobs ? all.filter((_, at) => costs[at] !== "0") : undefined;
    });
    await scale(2);
    const left = await podsOf(NAMESPACE, "worker-load");
    const names = (some: readonly Pod[]) => some.map(({ metadata }) => metadata.name).sort();
    expect(names(left)).toEqual(expect.arrayContaining(names(busy)));
    caller.stdin?.write("stop\n");
    expect(await lines.next()).toBe(String(jobs.jobs));
  } finally {
    await scale(2);
  }
});

test("KEDA starts workers from none when jobs wait, and ends them without a lost call or attempt", async () => {
  const scaled = { enabled: true, maxReplicas: 3, pollingSeconds: 2, cooldownSeconds: 5 };
  const values = Object.entries(scaled).map(
    ([name, value]) => `workers.load.scaleOnDemand.${name}=${value}`,
  );
  await kedaReady();
  try {
    await upgrade(...values);
    await pods(NAMESPACE, "worker-load", 0, KEDA_MS);
    const reports = await underLoad("scaling by KEDA from none", async () => {
      await poll("two workers", KEDA_MS, async () => {
        const all = await podsOf(NAMESPACE, "worker-load");
        return all.filter(isReady).length >= 2 ? all : undefined;
      });
    });
    expectNothingLost(reports);
    await pods(NAMESPACE, "worker-load", 0, KEDA_MS);
  } finally {
    // KEDA would end the workers that the upgrade starts, as long as it knows of them.
    await kubectl("-n", NAMESPACE, "delete", "scaledobject", "--all", "--timeout=60s");
    await upgrade();
  }
});
