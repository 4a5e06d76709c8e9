import type { JobId, QueueName } from "@millrace/shared";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { audit } from "../../test/audit.ts";
import { lease, leaseOne, queue, setup } from "../../test/setup.ts";

test("jobs of one key and priority are leased in order of arrival", async () => {
  const { engine, job } = await setup();
  const jobs = Array.from({ length: 20 }, () => job("aaaa"));
  await engine.submit(jobs.slice(0, 10));
  await engine.submit(jobs.slice(10));
  const leases = await lease(engine, 100);
  expect(leases.map((l) => l.jobId)).toEqual(jobs.map((j) => j.id));
});

test("the most urgent priority of a key goes first within its band", async () => {
  const { engine, job } = await setup();
  const jobs = [50, 20, 11, 35].map((priority) => job("aaaa", { priority }));
  await engine.submit(jobs);
  const leases = await lease(engine, 10);
  expect(leases.map((l) => l.job.priority)).toEqual([11, 20, 35, 50]);
});

test("a key with a thousand jobs does not hold up a key with ten", async () => {
  const { engine, job } = await setup();
  await engine.submit(Array.from({ length: 1_000 }, () => job("many")));
  await engine.submit(Array.from({ length: 10 }, () => job("few0")));
  const keys = (await lease(engine, 20)).map((l) => l.jobId.split("~")[1]);
  expect(keys.filter((key) => key === "few0")).toHaveLength(10);
});

test("keys that both have work take turns, whether leased one by one or in groups", async () => {
  const { engine, job } = await setup();
  await engine.submit(
    ["aaaa", "bbbb", "cccc"].flatMap((key) => Array.from({ length: 30 }, () => job(key))),
  );
  const shares = new Map<string, number>();
  const count = (id: string) => {
    const key = id.split("~")[1] ?? "";
    shares.set(key, (shares.get(key) ?? 0) + 1);
  };
  for (let i = 0; i < 9; i += 1) count((await leaseOne(engine)).jobId);
  for (const l of await lease(engine, 36)) count(l.jobId);
  expect(Object.fromEntries(shares)).toEqual({ aaaa: 15, bbbb: 15, cccc: 15 });
});

test("if many keys take turns, Redis does not search all of them for each turn", async () => {
  const { engine, job, url, rootPrefix } = await setup();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const ready = `${rootPrefix}:{${queue}:0}:${queue}:mr:ready:2|`;
  const keys = Array.from({ length: 40 }, (_, at) => `key${at}`);
  await engine.submit(keys.flatMap((key) => [job(key), job(key)]));
  await lease(engine, 8);
  expect(await redis.object("ENCODING", ready)).toBe("listpack");
  await lease(engine, 32);
  expect(await redis.object("ENCODING", ready)).toBe("skiplist");
  expect(new Set(await redis.zrange(ready, "0", "-1"))).toEqual(new Set(keys));
  expect(await lease(engine, 100)).toHaveLength(40);
  expect(await redis.exists(ready)).toBe(0);
  await audit(redis, rootPrefix);
});

test("a key gets no credit for the time that it was idle", async () => {
  const { engine, job } = await setup();
  await engine.submit(Array.from({ length: 200 }, () => job("busy")));
  await lease(engine, 100);
  await engine.submit(Array.from({ length: 100 }, () => job("late")));
  const keys = (await lease(engine, 40)).map((l) => l.jobId.split("~")[1]);
  const late = keys.filter((key) => key === "late").length;
  expect(Math.abs(late - (40 - late))).toBeLessThanOrEqual(1);
});

test.each([1, 3])(
  "leases for several workers go to them in turn, from %d shards",
  async (shards) => {
    const { engine, job } = await setup();
    const name = "turns" as QueueName;
    await engine.defineQueue({ name, shards });
    const jobs = ["aaaa", "bbbb", "cccc", "dddd"].flatMap((key) =>
      Array.from({ length: 100 }, () => job(key)),
    );
    await engine.submit(jobs.map((one) => ({ ...one, id: one.id.replace(queue, name) as JobId })));
    const workerId = ["w1", "w2", "w3"];
    // These are more jobs than one call takes.
    const { leases } = await engine.lease({ queue: name, count: 400, leaseMs: 1_000, workerId });
    expect(leases.map((one) => one.job.workerId)).toEqual(leases.map((_, at) => workerId[at % 3]));
    const stored = await engine.getJobs(
      leases.map((one) => one.jobId),
      "summary",
    );
    expect(stored.map((record) => record?.workerId)).toEqual(
      leases.map((_, at) => workerId[at % 3]),
    );
    expect(leases).toHaveLength(400);
  },
);

test("only jobs whose pool is served are leased, and the others stay", async () => {
  const { engine, job } = await setup();
  const gpu = job("aaaa", { pool: "gpu" });
  const any = job("aaaa");
  await engine.submit([gpu, any]);
  const request = { queue, leaseMs: 1_000, workerId: "w" };
  const first = await engine.lease({ ...request, count: 10, pools: [] });
  expect(first.leases.map((l) => l.jobId)).toEqual([any.id]);
  const second = await engine.lease({ ...request, count: 10, pools: ["gpu"] });
  expect(second.leases.map((l) => l.jobId)).toEqual([gpu.id]);
});

test("an empty queue leases nothing, and a single job is leased once", async () => {
  const { engine, job } = await setup();
  expect(await lease(engine, 5)).toEqual([]);
  await engine.submit([job("aaaa")]);
  expect(await lease(engine, 5)).toHaveLength(1);
  expect(await lease(engine, 5)).toEqual([]);
});

test.each([1, 2, 3, 4, 5])(
  "a lane with %i jobs is gone after a lease of several lanes takes its last job",
  async (size) => {
    const { engine, job, url, rootPrefix } = await setup();
    const redis = new Redis(url);
    onTestFinished(() => redis.disconnect());
    await engine.submit([job("aaaa"), ...Array.from({ length: size }, () => job("bbbb"))]);
    expect(await lease(engine, size + 1)).toHaveLength(size + 1);
    await audit(redis, rootPrefix);
    await engine.submit([job("bbbb")]);
    expect(await lease(engine, 3)).toHaveLength(1);
    await audit(redis, rootPrefix);
  },
);
