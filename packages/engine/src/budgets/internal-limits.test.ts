import { type JobId, type KeyId, newJobId, type QueueName, systemRandom } from "@millrace/shared";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { LEASE_MS, setup } from "../../test/setup.ts";

const queue = "millrace-webhooks" as QueueName;
const failure = { reason: "NO", message: "no", retryable: true };

async function world() {
  const { engine, job, time, url, rootPrefix } = await setup();
  await engine.keyBudgets.set("aaaa" as KeyId, { maxRunning: 1, requestsPerMinute: 1 });
  await engine.defineQueue({ name: queue });
  let made = 0;
  const submit = async (key: string, pool: string, count: number) => {
    const specs = Array.from({ length: count }, () => {
      made += 1;
      const id = newJobId(queue, key as KeyId, time.nowMs + made, systemRandom);
      return { ...job(key), id, pool };
    });
    await engine.submit(specs);
    return specs.map(({ id }) => id);
  };
  const lease = async (count: number) =>
    (await engine.lease({ queue, count, leaseMs: LEASE_MS, workerId: "w" })).leases;
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const useKey = (key: string) => `${rootPrefix}:{${queue}:0}:${queue}:mr:use:${key}`;
  const use = (key: string) => redis.hgetall(useKey(key));
  return { engine, time, submit, lease, redis, use, useKey };
}

const pools = (leases: readonly { readonly job: { readonly pool?: string } }[]) => {
  const counts: Record<string, number> = {};
  for (const { job } of leases) counts[job.pool ?? ""] = (counts[job.pool ?? ""] ?? 0) + 1;
  return counts;
};

test("in an internal queue a key runs 16 jobs, and 4 in a pool, whatever its budget is", async () => {
  const { engine, submit, lease } = await world();
  for (const n of [1, 2, 3, 4, 5]) await submit("aaaa", `p${n}`, 6);
  await submit("bbbb", "q", 6);
  const leases = await lease(100);
  const counts = pools(leases);
  expect(counts.q).toBe(4);
  expect(leases.filter(({ jobId }) => jobId.includes("~aaaa~"))).toHaveLength(16);
  expect(Math.max(...Object.values(counts))).toBe(4);
  expect(await lease(100)).toEqual([]);
  expect(await engine.audit()).toEqual([]);
});

test("a job that ends in a pool makes room for one more, however it ends", async () => {
  const { engine, submit, lease, time, use } = await world();
  await submit("aaaa", "p", 20);
  const held = await lease(9);
  expect(held).toHaveLength(4);
  const [one, two, three] = held;
  if (one === undefined || two === undefined || three === undefined) throw new Error("no leases");
  await engine.settle([{ ...one, kind: "complete", resultJson: "1" }]);
  expect(await lease(9)).toHaveLength(1);
  await engine.settle([{ ...two, kind: "retry", delayMs: 60_000, failure }]);
  await engine.settle([{ ...three, kind: "release" }]);
  expect(await lease(9)).toHaveLength(2);
  expect(await use("aaaa")).toMatchObject({ n: "4", "p:p": "4" });
  time.nowMs += LEASE_MS + 1;
  await engine.reap(queue, 10);
  const rest = await lease(9);
  expect(rest).toHaveLength(4);
  await engine.settle(rest.map((lease) => ({ ...lease, kind: "complete", resultJson: "1" })));
  expect(await use("aaaa")).not.toHaveProperty("p:p");
  expect(await engine.audit()).toEqual([]);
});

test("a wrong count of a pool is found and repaired", async () => {
  const { engine, submit, lease, redis, useKey } = await world();
  await submit("aaaa", "p", 6);
  const [held] = await lease(1);
  await redis.hset(useKey("aaaa"), "p:p", 4, "p:gone", 2);
  const findings = await engine.audit();
  expect(findings.map(({ problem }) => problem)).toEqual([
    expect.stringContaining("1 of its jobs run in the pool p, but 4 are counted"),
    expect.stringContaining("0 of its jobs run in the pool gone, but 2 are counted"),
  ]);
  for await (const _ of engine.repair(findings));
  expect(await engine.audit()).toEqual([]);
  expect(await lease(9)).toHaveLength(3);
  expect(held?.jobId satisfies JobId | undefined).toBeDefined();
});

test("explain says that the key runs as many jobs as it may", async () => {
  const { engine, submit, lease } = await world();
  const ids = await submit("aaaa", "p", 5);
  for (const n of [1, 2, 3, 4]) await submit("aaaa", `p${n}`, 4);
  await lease(100);
  const waiting = (await engine.getJobs(ids)).find((job) => job?.state === "QUEUED");
  const explanation = await engine.explain(waiting?.id ?? (ids[0] as JobId));
  expect(JSON.stringify(explanation)).toContain("KEY_CONCURRENCY");
});

test("waits of an internal queue count the jobs that the limit of their pool holds", async () => {
  const { engine, submit, lease } = await world();
  await submit("aaaa", "p", 6);
  expect(await lease(9)).toHaveLength(4);
  const { oldest, limitedKeys } = await engine.waits(queue);
  expect(oldest).toMatchObject([{ limited: true }]);
  expect(limitedKeys).toEqual(["aaaa"]);
});
