import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { audit } from "../../test/audit.ts";
import { LEASE_MS, queue, setup } from "../../test/setup.ts";
import type { Engine, JobSpec, Lease } from "../index.ts";

const keyOf = (id: string) => id.split("~")[1] ?? "";
const failure = { reason: "NO", message: "no", retryable: true };

/** Leases for a worker that names these types; without types, for one that serves any. */
async function on(engine: Engine, types: readonly string[], count: number): Promise<Lease[]> {
  const { leases } = await engine.lease({
    ...{ queue, count, leaseMs: LEASE_MS, workerId: "w1" },
    ...(types.length === 0 ? {} : { types }),
  });
  return [...leases];
}

const typesOf = (leases: readonly Lease[]) => leases.map(({ job }) => job.type);

async function check(url: string, rootPrefix: string): Promise<void> {
  const redis = new Redis(url);
  await audit(redis, rootPrefix).finally(() => redis.disconnect());
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Leases `atOnce` jobs at a time until no more come. */
async function drain(engine: Engine, types: readonly string[], atOnce = 50): Promise<Lease[]> {
  const all: Lease[] = [];
  // Jobs that were stored before their types were named are moved in steps.
  for (let empty = 0; empty < 40; ) {
    const leases = await on(engine, types, atOnce);
    empty = leases.length === 0 ? empty + 1 : 0;
    all.push(...leases);
  }
  return all;
}

test("a worker is leased only jobs of the types that it names", async () => {
  const { engine, job } = await setup();
  await on(engine, ["echo", "resize"], 1);
  const jobs = ["echo", "resize", "echo", "mail"].map((type) => job("aaaa", { type }));
  await engine.submit(jobs);
  expect(typesOf(await on(engine, ["resize"], 10))).toEqual(["resize"]);
  expect(typesOf(await on(engine, ["echo", "other"], 10))).toEqual(["echo", "echo"]);
  expect(await on(engine, ["echo", "resize"], 10)).toEqual([]);
  expect(typesOf(await on(engine, [], 10))).toEqual(["mail"]);
});

test("jobs that arrived before their type was named are leased to workers that name it", async () => {
  const { engine, job, url, rootPrefix } = await setup();
  const types = ["echo", "resize", "mail"];
  const jobs = Array.from({ length: 1_300 }, (_, i) =>
    job(`key${i % 7}`, { type: types[i % 3] as string, priority: [1, 50, 100][i % 3] as number }),
  );
  await engine.submit(jobs);
  const leases = await drain(engine, ["resize"]);
  expect(tally(typesOf(leases))).toEqual({ resize: 433 });
  await check(url, rootPrefix);
  expect(tally(typesOf(await drain(engine, ["mail", "echo"])))).toEqual({ echo: 434, mail: 433 });
  await check(url, rootPrefix);
});

test("jobs of a key that was over its budget when their type was named are leased when the budget allows it", async () => {
  const { engine, job, url, rootPrefix } = await setup();
  await engine.keyBudgets.set("aaaa" as never, { maxRunning: 1 });
  await engine.submit(["mail", "echo", "echo"].map((type) => job("aaaa", { type })));
  const [first] = await on(engine, [], 5);
  expect(first?.job.type).toBe("mail");
  expect(await on(engine, ["echo"], 5)).toEqual([]);
  await check(url, rootPrefix);
  await engine.settle([{ ...(first as Lease), kind: "complete", resultJson: "1" }]);
  expect(typesOf(await on(engine, ["echo"], 5))).toEqual(["echo"]);
  await check(url, rootPrefix);
});

test("a lane that is released in the call that names its type is sorted", async () => {
  const { engine, job, time, url, rootPrefix } = await setup();
  await engine.keyBudgets.set("aaaa" as never, { requestsPerMinute: 1 });
  await engine.submit([job("aaaa", { type: "echo" }), job("aaaa", { type: "echo" })]);
  expect(await on(engine, [], 5)).toHaveLength(1);
  time.nowMs += 120_000;
  expect(typesOf(await on(engine, ["echo"], 5))).toEqual(["echo"]);
  await check(url, rootPrefix);
});

test.each(["aaaa", "zzzz"])(
  "a lane that is released while other lanes are sorted is sorted too: that of %s",
  async (key) => {
    const { engine, job, url, rootPrefix } = await setup();
    await engine.keyBudgets.set(key as never, { maxRunning: 1 });
    await engine.submit([job(key, { type: "mail" }), job(key, { type: "echo" })]);
    const [first] = await on(engine, [], 5);
    await engine.submit(Array.from({ length: 2_000 }, () => job("many", { type: "mail" })));
    expect(await on(engine, ["echo"], 5)).toEqual([]);
    await engine.settle([{ ...(first as Lease), kind: "complete", resultJson: "1" }]);
    expect(typesOf(await drain(engine, ["echo"]))).toEqual(["echo"]);
    await check(url, rootPrefix);
  },
);

test("retried, released, delayed and reaped jobs wait for a worker of their type again", async () => {
  const { engine, job, time } = await setup();
  await on(engine, ["echo"], 1);
  const make = (spec: Partial<JobSpec> = {}) => job("aaaa", { type: "echo", ...spec });
  await engine.submit([make(), make(), make(), make({ runAtMs: time.nowMs + 5_000 })]);
  const [retried, released, lost] = await on(engine, ["echo"], 3);
  await engine.settle([
    { ...(retried as Lease), kind: "retry", delayMs: 1_000, failure },
    { ...(released as Lease), kind: "release" },
  ]);
  time.nowMs += LEASE_MS + 1;
  await engine.reap(queue, 10);
  await engine.promote(queue, 10);
  expect(lost).toBeDefined();
  expect(await on(engine, ["resize"], 10)).toEqual([]);
  expect(tally(typesOf(await on(engine, ["echo"], 10)))).toEqual({ echo: 4 });
});

test("a job can be cancelled in any lane in which its type lets it wait", async () => {
  const { engine, job, url, rootPrefix } = await setup();
  const before = ["echo", "mail"].map((type) => job("aaaa", { type }));
  await engine.submit(before);
  await on(engine, ["resize"], 1);
  const after = ["resize", "echo"].map((type) => job("aaaa", { type }));
  await engine.submit(after);
  for (const { id } of [...before, ...after]) {
    expect((await engine.cancel(id, "")).kind).toBe("cancelled");
  }
  expect(await on(engine, [], 10)).toEqual([]);
  expect((await engine.stats(queue)).queued).toBe(0);
  await check(url, rootPrefix);
});

test.each([1, 16])(
  "a key with ten types gets as many turns as a key with one, leased %i at a time",
  async (atOnce) => {
    const { engine, job } = await setup();
    const types = Array.from({ length: 10 }, (_, i) => `type${i}`);
    await on(engine, types, 1);
    for (let i = 0; i < 400; i += 1) {
      await engine.submit([
        job("many", { type: types[i % 10] as string }),
        job("only", { type: "type0" }),
      ]);
    }
    const keys: string[] = [];
    while (keys.length < 400) {
      keys.push(...(await on(engine, types, atOnce)).map(({ jobId }) => keyOf(jobId)));
    }
    const { many = 0, only = 0 } = tally(keys);
    expect(Math.abs(many - only)).toBeLessThanOrEqual(2);
  },
);

test.each([[["gpu", "tpu"]], [[] as string[]]])(
  "a key that submits one job at a time, each of another type or pool, is served as often as a busy key (%j)",
  async (pools) => {
    const { engine, job } = await setup();
    const types = Array.from({ length: 10 }, (_, i) => `type${i}`);
    await on(engine, types, 1);
    await engine.submit(Array.from({ length: 100 }, () => job("busy", { type: "type0" })));
    let made = 0;
    const next = () => {
      made += 1;
      const pool = pools[made % 3];
      return job("sly0", {
        type: types[made % 10] as string,
        ...(pool === undefined ? {} : { pool }),
      });
    };
    await engine.submit([next(), next()]);
    const keys: string[] = [];
    for (let i = 0; i < 60; i += 1) {
      const [lease] = await on(engine, types, 1);
      const key = keyOf(lease?.jobId ?? "");
      keys.push(key);
      if (key === "sly0") await engine.submit([next()]);
    }
    const { busy = 0, sly0 = 0 } = tally(keys);
    expect(sly0 - busy).toBeLessThanOrEqual(2);
    expect(sly0).toBeGreaterThanOrEqual(20);
  },
);

test.each([1, 8])(
  "inside a key and band jobs are leased by priority and then by arrival over all types, %i at a time",
  async (atOnce) => {
    const { engine, job } = await setup();
    const types = ["echo", "mail", "resize"];
    await on(engine, types, 1);
    const jobs = Array.from({ length: 60 }, (_, i) =>
      job("aaaa", { type: types[(i * 7) % 3] as string, priority: 11 + ((i * 5) % 4) }),
    );
    await engine.submit(jobs);
    const ids: string[] = [];
    while (ids.length < 60) ids.push(...(await on(engine, types, atOnce)).map((l) => l.jobId));
    const wanted = jobs
      .map(({ id, priority }, at) => ({ id, priority, at }))
      .sort((a, b) => a.priority - b.priority || a.at - b.at);
    expect(ids).toEqual(wanted.map(({ id }) => id));
  },
);

test("turns in a quickly served type do not delay a key's turn in a slowly served type", async () => {
  const { engine, job } = await setup();
  await on(engine, ["fast", "slow"], 1);
  const many = (key: string, type: string, tokens: number) =>
    engine.submit(Array.from({ length: 200 }, () => job(key, { type, estimatedTokens: tokens })));
  await many("both", "fast", 10_000);
  await many("both", "slow", 1_000);
  await many("slow", "slow", 1_000);
  const keys: string[] = [];
  for (let i = 0; i < 40; i += 1) {
    await on(engine, ["fast"], 4);
    keys.push(...(await on(engine, ["slow"], 1)).map(({ jobId }) => keyOf(jobId)));
  }
  expect(tally(keys)).toEqual({ both: 20, slow: 20 });
});

test("a type that no worker served for long has neither credit nor debt", async () => {
  const { engine, job } = await setup();
  await on(engine, ["echo", "mail"], 1);
  const many = (key: string, type: string) =>
    engine.submit(Array.from({ length: 200 }, () => job(key, { type })));
  await many("echos", "echo");
  await many("mails", "mail");
  await on(engine, ["echo"], 100);
  const leases: Lease[] = [];
  while (leases.length < 40) leases.push(...(await on(engine, ["echo", "mail"], 1)));
  const { echos = 0, mails = 0 } = tally(leases.map(({ jobId }) => keyOf(jobId)));
  expect(Math.abs(echos - mails)).toBeLessThanOrEqual(2);
});

test("types that callers make up add no classes, and cost a lease nothing", async () => {
  const { engine, job, url, rootPrefix } = await setup();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const made = Array.from({ length: 3_000 }, (_, i) => job("sly0", { type: `made-up-${i}` }));
  await engine.submit(made);
  await on(engine, ["echo"], 1);
  await engine.submit([job("aaaa", { type: "echo" })]);
  expect(await redis.smembers(`${rootPrefix}:{${queue}:0}:${queue}:mr:classes`)).toHaveLength(2);
  expect(typesOf(await on(engine, ["echo"], 5))).toEqual(["echo"]);
  await engine.submit([job("aaaa", { type: "echo" })]);
  const leases = await on(engine, [], 2);
  expect(new Set(leases.map(({ jobId }) => keyOf(jobId)))).toEqual(new Set(["aaaa", "sly0"]));
});

test("workers name types again after the store was emptied", async () => {
  const { engine, job, url } = await setup();
  await on(engine, ["echo"], 1);
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const keys = await redis.keys("*mr:families");
  await redis.del(...keys);
  await engine.submit([job("aaaa", { type: "echo" })]);
  expect(typesOf(await drain(engine, ["echo"]))).toEqual(["echo"]);
});
