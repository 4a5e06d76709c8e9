import type { KeyId } from "@millrace/shared";
import { expect, test } from "vitest";
import { lease, leaseOne, queue, setup } from "../../test/setup.ts";
import type { Engine, JobSpec } from "../index.ts";

const keyOf = (id: string) => id.split("~")[1] ?? "";
const bandOf = (priority: number) =>
  priority <= 10 ? "interactive" : priority <= 50 ? "standard" : "batch";

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Leases `total` jobs, `atOnce` in each call. */
async function leaseMany(engine: Engine, total: number, atOnce: number) {
  const jobs: JobSpec[] = [];
  while (jobs.length < total) {
    const leases = await lease(engine, Math.min(atOnce, total - jobs.length));
    jobs.push(...leases.map((l) => l.job));
  }
  return jobs;
}

test.each([1, 7, 210])(
  "bands share the workers 16 : 4 : 1, leased %i at a time",
  async (atOnce) => {
    const { engine, job } = await setup();
    for (const priority of [100, 50, 1]) {
      await engine.submit(Array.from({ length: 200 }, () => job("aaaa", { priority })));
    }
    const bands = tally((await leaseMany(engine, 210, atOnce)).map((j) => bandOf(j.priority)));
    expect(bands).toEqual({ interactive: 160, standard: 40, batch: 10 });
  },
);

test("a band gets no credit for the time that it was idle", async () => {
  const { engine, job } = await setup();
  await engine.submit(Array.from({ length: 400 }, () => job("aaaa", { priority: 1 })));
  await lease(engine, 200);
  await engine.submit(Array.from({ length: 200 }, () => job("aaaa", { priority: 100 })));
  const bands = tally((await leaseMany(engine, 170, 17)).map((j) => bandOf(j.priority)));
  expect(bands.batch).toBeGreaterThanOrEqual(9);
  expect(bands.batch).toBeLessThanOrEqual(11);
});

test("a free worker takes batch jobs when there are no others", async () => {
  const { engine, job } = await setup();
  await engine.submit([job("aaaa", { priority: 100 }), job("aaaa", { priority: 51 })]);
  expect((await lease(engine, 5)).map((l) => l.job.priority)).toEqual([51, 100]);
});

test.each([1, 10])(
  "jobs that a key was leased while other keys were skipped count for its turn, leased %i at a time",
  async (count) => {
    const { engine, job } = await setup();
    for (const key of ["aaaa", "bbbb"]) {
      await engine.submit(Array.from({ length: 40 }, () => job(key)));
    }
    const request = { queue, count, leaseMs: 30_000, workerId: "w1" };
    const passedOver = async () => {
      const { leases } = await engine.lease({ ...request, except: ["aaaa", "cccc", "aaaa"] });
      expect(new Set(leases.map(({ jobId }) => keyOf(jobId)))).toEqual(new Set(["bbbb"]));
      return leases.length;
    };
    for (let leased = 0; leased < 10; ) leased += await passedOver();
    const next = await leaseMany(engine, 10, 1);
    expect(tally(next.map(({ id }) => keyOf(id)))).toEqual({ aaaa: 10 });
    const then = await leaseMany(engine, 20, 1);
    expect(tally(then.map(({ id }) => keyOf(id)))).toEqual({ aaaa: 10, bbbb: 10 });
  },
);

test("nothing is leased if only skipped keys have jobs", async () => {
  const { engine, job } = await setup();
  await engine.submit([job("aaaa"), job("aaaa", { type: "echo" }), job("bbbb", { priority: 1 })]);
  const request = { queue, count: 5, leaseMs: 30_000, workerId: "w1" };
  expect((await engine.lease({ ...request, except: ["aaaa", "bbbb"] })).leases).toEqual([]);
  expect((await engine.lease(request)).leases).toHaveLength(3);
});

test("a key that submits its next job after each lease gets its turns like the others", async () => {
  const { engine, job } = await setup();
  await engine.submit(Array.from({ length: 100 }, () => job("busy")));
  await engine.submit([job("eager")]);
  const keys: string[] = [];
  for (let i = 0; i < 40; i += 1) {
    const key = keyOf((await leaseOne(engine)).jobId);
    keys.push(key);
    if (key === "eager") await engine.submit([job("eager")]);
  }
  expect(tally(keys)).toEqual({ busy: 20, eager: 20 });
});

test("cancelling and submitting again does not advance a key's turn", async () => {
  const { engine, job } = await setup();
  await engine.submit(Array.from({ length: 100 }, () => job("busy")));
  let next = job("sly0");
  await engine.submit([next]);
  const keys: string[] = [];
  for (let i = 0; i < 40; i += 1) {
    const key = keyOf((await leaseOne(engine)).jobId);
    keys.push(key);
    if (key !== "sly0") await engine.cancel(next.id, "again");
    next = job("sly0");
    await engine.submit([next]);
  }
  expect(tally(keys)).toEqual({ busy: 20, sly0: 20 });
});

test.each([1, 32, 300])(
  "300 keys of very different length are served equally, %i at a time",
  async (atOnce) => {
    const { engine, job } = await setup();
    const keys = Array.from({ length: 300 }, (_, i) => `key${String(i).padStart(4, "0")}`);
    // The first keys have a hundred times as many jobs as the last ones.
    await engine.submit(
      keys.flatMap((key, i) =>
        Array.from({ length: Math.ceil(300 / (i + 1)) + 2 }, () => job(key)),
      ),
    );
    const served = tally((await leaseMany(engine, 900, atOnce)).map((j) => keyOf(j.id)));
    expect(Object.keys(served)).toHaveLength(300);
    expect(new Set(Object.values(served))).toEqual(new Set([3]));
  },
);

const spending = (spent: number) => ({
  kind: "complete" as const,
  resultJson: "1",
  usage: { inputTokens: spent, outputTokens: 0, providerCalls: 1 },
});

test.each([8, 48])(
  "a key whose jobs spend half of their estimate gets as many tokens as a key whose jobs spend all of it, %i at a time",
  async (atOnce) => {
    const { engine, job } = await setup();
    const spentOf: Record<string, number> = { half: 500, full: 1_000 };
    const got: Record<string, number> = { half: 0, full: 0 };
    for (let round = 0; round < 20; round += 1) {
      for (const key of ["half", "full"]) {
        const jobs = Array.from({ length: atOnce }, () => job(key, { estimatedTokens: 1_000 }));
        await engine.submit(jobs);
      }
      const leases = await lease(engine, atOnce);
      for (const { jobId } of leases) {
        got[keyOf(jobId)] = (got[keyOf(jobId)] ?? 0) + (spentOf[keyOf(jobId)] ?? 0);
      }
      await engine.settle(
        leases.map((leased) => ({ ...leased, ...spending(spentOf[keyOf(leased.jobId)] ?? 0) })),
      );
    }
    const apart = Math.abs((got.full ?? 0) - (got.half ?? 0));
    expect(apart).toBeLessThanOrEqual(2 * 1_000 + atOnce * 1_000);
  },
);

test("a second of CPU time costs a turn as much as 1,000 tokens, also for attempts that fail", async () => {
  const { engine, job } = await setup();
  const failure = { reason: "DOCUMENT_UNREADABLE", message: "too much", retryable: false };
  const got: Record<string, number> = { hostile: 0, plain: 0 };
  for (let round = 0; round < 110; round += 1) {
    const jobs = ["hostile", "plain"].map((key) => job(key, { estimatedTokens: 1_000 }));
    await engine.submit(jobs);
    const leases = await lease(engine, 1);
    const settlements = leases.map(({ jobId, token }) => {
      got[keyOf(jobId)] = (got[keyOf(jobId)] ?? 0) + 1;
      const usage = { inputTokens: 1_000, outputTokens: 0, providerCalls: 0 };
      return keyOf(jobId) === "plain"
        ? { jobId, token, kind: "complete" as const, resultJson: "1", usage }
        : {
            ...{ jobId, token, kind: "fail" as const, state: "FAILED" as const, failure },
            usage: { ...usage, inputTokens: 0, computeMs: 9_000 },
          };
    });
    await engine.settle(settlements);
  }
  expect(got).toEqual({ hostile: 10, plain: 100 });
});

test("a new key does not wait for a key that was given back unspent tokens", async () => {
  const { engine, job } = await setup();
  await engine.submit(Array.from({ length: 200 }, () => job("large", { estimatedTokens: 1_000 })));
  const leases = await lease(engine, 64);
  await engine.settle(leases.map((leased) => ({ ...leased, ...spending(10) })));
  await lease(engine, 1);
  await engine.submit([job("anew", { estimatedTokens: 1_000 })]);
  const next = await lease(engine, 3);
  expect(next.map(({ jobId }) => keyOf(jobId))).toContain("anew");
});

test("a pool gets no credit for the turns that it missed while no worker served it", async () => {
  const { engine, job } = await setup();
  const on = (pools: readonly string[], count: number) =>
    engine.lease({ queue, count, leaseMs: 30_000, workerId: "w1", pools });
  await engine.submit(Array.from({ length: 100 }, () => job("gpus", { pool: "gpu" })));
  await engine.submit(Array.from({ length: 100 }, () => job("cpus")));
  await on([], 50);
  const keys: string[] = [];
  for (let i = 0; i < 20; i += 1) {
    keys.push(...(await on(["gpu"], 1)).leases.map(({ jobId }) => keyOf(jobId)));
  }
  expect(tally(keys)).toEqual({ gpus: 10, cpus: 10 });
});

test("if several workers lease at the same time, each job is leased once", async () => {
  const { engine, job } = await setup();
  const jobs = Array.from({ length: 500 }, (_, i) => job(`key${i % 7}`));
  await engine.submit(jobs);
  const leases = await Promise.all(Array.from({ length: 60 }, () => lease(engine, 10)));
  const ids = leases.flat().map((l) => l.jobId);
  expect(ids).toHaveLength(500);
  expect(new Set(ids)).toEqual(new Set(jobs.map((j) => j.id)));
});

test("shards take turns at being first", async () => {
  const { engine, job } = await setup({ shards: 2 });
  // Each shard has one of these keys.
  const [one, other] = ["key1", "key2"];
  await engine.submit(Array.from({ length: 40 }, (_, i) => job((i % 2 === 0 ? one : other) ?? "")));
  const keys: string[] = [];
  for (let i = 0; i < 20; i += 1) keys.push(keyOf((await leaseOne(engine)).jobId));
  expect(tally(keys)).toEqual({ key1: 10, key2: 10 });
});

test.each([
  ["a budget", { budget: true }],
  ["an estimate", { estimatedTokens: 1_000 }],
])(
  "a key whose jobs with %s spend no tokens gets half of the turns, and another key the other half",
  async (_, has) => {
    const { engine, job } = await setup();
    const { budget, ...spec } = { budget: false, ...has };
    if (budget) await engine.keyBudgets.set("none" as KeyId, { maxRunning: 100 });
    await engine.submit(Array.from({ length: 100 }, () => job("none", spec)));
    await engine.submit(Array.from({ length: 20 }, () => job("other")));
    const keys: string[] = [];
    for (let turn = 0; turn < 20; turn += 1) {
      const leases = await lease(engine, 1);
      keys.push(...leases.map(({ jobId }) => keyOf(jobId)));
      await engine.settle(leases.map((leased) => ({ ...leased, ...spending(0) })));
    }
    expect(tally(keys)).toEqual({ none: 10, other: 10 });
  },
);
