/** A suspect, whose next stall would end it, is leased to a worker that runs nothing else, so other jobs do not lose their worker with it. */
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { audit } from "../../test/audit.ts";
import { LEASE_MS, queue, setup } from "../../test/setup.ts";
import type { Engine, JobSpec, Lease, LeaseRequest } from "../index.ts";

const failure = { reason: "NO", message: "no", retryable: true };

async function started(settings: { readonly maxStalls?: number } = { maxStalls: 2 }) {
  const parts = await setup(settings);
  const { engine, time, url, rootPrefix } = parts;
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const request = (more: Partial<LeaseRequest> = {}) =>
    engine.lease({ ...{ queue, count: 10, leaseMs: LEASE_MS, workerId: "w1" }, ...more });
  /** Makes every leased job lose its worker, `times` times. */
  const stall = async (times: number) => {
    for (let i = 0; i < times; i += 1) {
      await request();
      time.nowMs += LEASE_MS;
      await engine.reap(queue, 100);
    }
  };
  return { ...parts, request, stall, check: () => audit(redis, rootPrefix) };
}

const ids = (leases: readonly Lease[]) => leases.map(({ jobId }) => jobId);
const complete = (engine: Engine, leases: readonly Lease[]) =>
  engine.settle(leases.map((leased) => ({ ...leased, kind: "complete", resultJson: "1" })));

test.each<[string, Partial<JobSpec>, number, number]>([
  ["often enough", { maxAttempts: 25 }, 2, 2],
  ["on its last attempt but one", { maxAttempts: 3 }, 9, 2],
])("a job that has lost its worker %s is leased alone", async (_, spec, maxStalls, stalls) => {
  const { engine, job, request, stall, check } = await started({ maxStalls });
  const suspect = job("aaaa", spec);
  await engine.submit([suspect]);
  await stall(stalls - 1);
  const { leases, suspectsWait } = await request();
  expect([ids(leases), suspectsWait]).toEqual([[suspect.id], false]);
  await engine.settle(leases.map((leased) => ({ ...leased, kind: "release" })));
  await stall(1);

  // The other jobs of its lane continue.
  const other = job("aaaa");
  await engine.submit([other]);
  const usual = await request();
  expect([ids(usual.leases), usual.suspectsWait]).toEqual([[other.id], true]);
  await check();
  const alone = await request({ alone: true, count: 1 });
  expect([ids(alone.leases), alone.suspectsWait]).toEqual([[suspect.id], false]);
  await complete(engine, [...usual.leases, ...alone.leases]);
  expect((await engine.stats(queue)).succeeded).toBe(2);
  await check();
});

test("the next stall of a suspect ends only the suspect", async () => {
  const { engine, time, job, request, stall } = await started();
  const jobs = ["aaaa", "bbbb", "cccc"].map((key) => job(key, { maxAttempts: 25 }));
  const [poison, ...innocent] = jobs.map(({ id }) => id);
  await engine.submit(jobs);
  await stall(2);
  for (const _ of jobs) {
    const { leases } = await request({ alone: true, count: 1 });
    if (leases[0]?.jobId === poison) time.nowMs += LEASE_MS;
    else await complete(engine, leases);
    await engine.reap(queue, 10);
  }
  expect((await engine.getJobs([poison as never]))[0]).toMatchObject({
    ...{ state: "FAILED", failure: { reason: "STALLED" } },
  });
  const states = (await engine.getJobs(innocent)).map((record) => record?.state);
  expect(states).toEqual(["SUCCEEDED", "SUCCEEDED"]);
});

test("a call for suspects leases no other jobs, and reports whether more suspects wait", async () => {
  const { engine, job, request, stall } = await started();
  await engine.submit([job("aaaa", { maxAttempts: 25 }), job("aaaa", { maxAttempts: 25 })]);
  await stall(2);
  await engine.submit([job("aaaa")]);
  const first = await request({ alone: true, count: 1 });
  expect([first.leases.length, first.suspectsWait]).toEqual([1, true]);
  const second = await request({ alone: true, count: 5 });
  expect([second.leases.length, second.suspectsWait]).toEqual([1, false]);
  expect((await request({ alone: true })).leases).toEqual([]);
});

test("suspects wait only for workers of their type and pool", async () => {
  const { engine, job, request, stall } = await started();
  const spec = { maxAttempts: 25, type: "echo", pool: "gpu" };
  await engine.submit([job("aaaa", spec)]);
  await stall(2);
  for (const [types, pools, waits] of [
    [["echo"], ["gpu"], true],
    [[], ["gpu"], true],
    [["mail"], ["gpu"], false],
    [["echo"], ["tpu"], false],
  ] as const) {
    expect((await request({ types, pools })).suspectsWait).toBe(waits);
    const { leases } = await request({ types, pools, alone: true });
    expect(leases).toHaveLength(waits ? 1 : 0);
    await engine.settle(leases.map((leased) => ({ ...leased, kind: "release" })));
  }
});

test("suspects are found even if more classes are open than a call reads", async () => {
  const { engine, job, request, stall } = await started();
  await engine.submit([job("aaaa", { maxAttempts: 25, type: "made-up" })]);
  await stall(2);
  const types = Array.from({ length: 80 }, (_, i) => `type${i}`);
  await request({ types });
  await engine.submit(types.map((type) => job("aaaa", { type })));
  expect((await request({ pools: [], count: 1 })).suspectsWait).toBe(true);
  expect((await request({ pools: [], alone: true })).leases).toHaveLength(1);
  await engine.submit([job("aaaa", { maxAttempts: 25, type: "type7" })]);
  await stall(2);
  await engine.submit(types.map((type) => job("bbbb", { type })));
  expect((await request({ pools: [], types: ["type7"], count: 1 })).suspectsWait).toBe(true);
});

test("a suspect that is retried, released or delayed stays a suspect, and obeys its key's budget", async () => {
  const { engine, time, job, request, stall, check } = await started();
  await engine.submit([job("aaaa", { maxAttempts: 25 })]);
  await stall(2);
  for (const settlement of [
    { kind: "release" },
    { kind: "retry", delayMs: 0, failure },
    { kind: "retry", delayMs: 1_000, failure },
  ] as const) {
    const { leases } = await request({ alone: true });
    await engine.settle(leases.map((leased) => ({ ...leased, ...settlement })));
    time.nowMs += 1_000;
    await engine.promote(queue, 10);
    expect((await request()).leases).toEqual([]);
    await check();
  }
  await engine.keyBudgets.set("aaaa" as never, { maxRunning: 1 });
  await engine.submit([job("aaaa")]);
  const { leases } = await request();
  expect((await request({ alone: true })).leases).toEqual([]);
  await check();
  await complete(engine, leases);
  expect((await request({ alone: true })).leases).toHaveLength(1);
});

test("a job that stalled, and then fails until one attempt is left, becomes a suspect", async () => {
  const { engine, job, request, stall } = await started({ maxStalls: 9 });
  await engine.submit([job("aaaa", { maxAttempts: 3 })]);
  await stall(1);
  const { leases } = await request();
  await engine.settle(
    leases.map((leased) => ({
      ...leased,
      kind: "retry",
      delayMs: 0,
      failure,
    })),
  );
  expect((await request()).leases).toEqual([]);
  expect((await request({ alone: true })).leases).toHaveLength(1);
});

test("a job that never stalled is no suspect, however few attempts it has left", async () => {
  const { engine, job, request } = await started();
  await engine.submit([job("aaaa", { maxAttempts: 2 }), job("aaaa", { maxAttempts: 1 })]);
  const { leases } = await request();
  await engine.settle(
    leases.slice(0, 1).map((leased) => ({ ...leased, kind: "retry", delayMs: 0, failure })),
  );
  expect((await request()).leases).toHaveLength(1);
});

test("a suspect is explained and cancelled like any job", async () => {
  const { engine, job, request, stall, check } = await started();
  const suspect = job("aaaa", { maxAttempts: 25 });
  await engine.submit([suspect]);
  await stall(2);
  await request();
  expect((await engine.explain(suspect.id))?.constraints).toEqual([
    { kind: "NO_FREE_WORKER", subject: queue, jobType: "summarize", alone: true },
  ]);
  expect((await engine.cancel(suspect.id, "enough")).kind).toBe("cancelled");
  expect((await request({ alone: true })).leases).toEqual([]);
  await check();
});
