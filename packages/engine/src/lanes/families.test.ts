import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { audit } from "../../test/audit.ts";
import { LEASE_MS, queue, setup } from "../../test/setup.ts";
import type { Lease } from "../index.ts";

const PERIOD_MS = 600_000;

async function setUp() {
  const { url, rootPrefix, ...rest } = await setup();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const base = `${rootPrefix}:{${queue}:0}:${queue}:`;
  return {
    ...rest,
    redis,
    base,
    /** Leases for a worker that names these types, and returns the types of the jobs. */
    on: async (types: readonly string[], count = 100): Promise<string[]> => {
      const request = { queue, count, leaseMs: LEASE_MS, workerId: "w1", types };
      const { leases } = await rest.engine.lease(request);
      return leases.map(({ job }: Lease) => job.type).sort();
    },
    classes: async () => (await redis.smembers(`${base}mr:classes`)).sort(),
    check: () => audit(redis, rootPrefix),
  };
}

const numbered = (count: number, start = "type") =>
  Array.from({ length: count }, (_, at) => `${start}-${at}`);

test("types that the same workers name share a lane", async () => {
  const { engine, job, on, classes } = await setUp();
  const types = numbered(10);
  await on(types);
  await engine.submit(types.map((type) => job("aaaa", { type })));
  expect(await classes()).toEqual(["2||#1"]);
  expect(await on(types)).toEqual(types);
});

test("workers that name only some types of a family get those, and other workers get the rest", async () => {
  const { engine, job, on, check } = await setUp();
  await on(["echo", "mail", "resize"]);
  await engine.submit(["echo", "mail", "resize"].map((type) => job("aaaa", { type })));
  expect(await on(["mail"])).toEqual(["mail"]);
  await check();
  expect(await on(["echo", "mail", "resize"])).toEqual(["echo", "resize"]);
  await check();
});

test("while a new version of workers adds one type and drops another, both versions get the types that they name", async () => {
  const { engine, job, on, classes, check } = await setUp();
  const before = ["echo", "mail", "resize"];
  const after = ["echo", "resize", "scan"];
  const submit = () =>
    engine.submit(["echo", "mail", "resize", "scan"].map((type) => job("aaaa", { type })));
  await on(before);
  await submit();
  expect(await on(after)).toEqual(["echo", "resize", "scan"]);
  await submit();
  expect(await on(before)).toEqual(["echo", "mail", "mail", "resize"]);
  expect(await on(after)).toEqual(["scan"]);
  await submit();
  expect(await classes()).toHaveLength(3);
  await check();
});

test("a job is cancelled and explained while its lane is sorted", async () => {
  const { engine, job, on, classes, check } = await setUp();
  await on(["echo", "mail"]);
  const jobs = Array.from({ length: 1_500 }, (_, at) =>
    job("aaaa", { type: at % 2 === 0 ? "echo" : "mail" }),
  );
  await engine.submit(jobs);
  expect(await on(["mail"], 1)).toEqual(["mail"]);
  expect(await classes()).toHaveLength(3);
  const [last, before] = [jobs.at(-1), jobs.at(-2)];
  expect((await engine.explain(last?.id as never))?.state).toBe("QUEUED");
  expect((await engine.cancel(last?.id as never, "")).kind).toBe("cancelled");
  expect((await engine.cancel(before?.id as never, "")).kind).toBe("cancelled");
  await check();
  const leased: string[] = [];
  while (leased.length < 749) leased.push(...(await on(["echo"])));
  while (leased.length < 1_497) leased.push(...(await on(["mail"])));
  expect(leased.filter((type) => type === "echo")).toHaveLength(749);
  expect(await on(["echo", "mail"])).toEqual([]);
  expect((await engine.stats(queue)).queued).toBe(0);
  await check();
});

test("families that only the same workers name are joined after two periods, with all their jobs", async () => {
  const { engine, job, time, on, classes, check } = await setUp();
  const types = ["echo", "mail", "scan"];
  await on(["echo", "mail"]);
  await on(types);
  await engine.submit([...types, ...types].map((type) => job("aaaa", { type })));
  for (const leased of ["echo", "mail"]) {
    expect(await classes()).toEqual(["2||#1", "2||#2"]);
    time.nowMs += PERIOD_MS;
    expect(await on(types, 1)).toEqual([leased]);
  }
  expect(await classes()).toEqual(["2||#1"]);
  await check();
  expect(await on(types)).toEqual(["echo", "mail", "scan", "scan"]);
});

test("families that some worker names separately stay separate", async () => {
  const { time, on, redis, base } = await setUp();
  for (let period = 0; period < 5; period += 1) {
    await on(["echo", "mail", "scan"]);
    await on(["echo", "mail"]);
    time.nowMs += PERIOD_MS;
  }
  const stored = await redis.hmget(`${base}mr:families`, "echo", "mail", "scan");
  expect(stored[0]).toBe(stored[1]);
  expect(stored[0]).not.toBe(stored[2]);
});

test("a queue remembers a thousand types, and jobs of forgotten types wait until a worker names the types again", async () => {
  const { engine, job, time, on, redis, base, check } = await setUp();
  const known = async () =>
    (await redis.hkeys(`${base}mr:families`)).filter((field) => !field.startsWith("#"));
  await on(["echo"]);
  await engine.submit([job("aaaa", { type: "echo" })]);
  time.nowMs += 1;
  await on(numbered(999));
  expect(await known()).toHaveLength(1_000);
  await on(["one-more"]);
  const now = await known();
  expect(now).toHaveLength(1_000);
  expect(now).not.toContain("echo");
  await check();
  expect(await on(["echo"])).toEqual(["echo"]);
  await check();
});

test.each([
  "",
  "x",
  "0 0 several",
  "3 99999999999999999999 several",
  "9 1764000000000 several",
  "1 1764000000000",
])("what makes no sense of a family (%j) is put right by who names its types", async (stored) => {
  const { engine, job, on, redis, base } = await setUp();
  await on(["echo", "mail"]);
  await engine.submit([job("aaaa", { type: "echo" })]);
  await redis.hset(`${base}mr:families`, "#1", stored);
  expect(await on(["echo", "mail"])).toEqual(["echo"]);
  await redis.hset(`${base}mr:families`, "mail", stored);
  await engine.submit([job("aaaa", { type: "mail" })]);
  expect(await on(["echo", "mail"])).toEqual(["mail"]);
});
