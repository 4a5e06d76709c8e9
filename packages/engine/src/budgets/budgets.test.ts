import type { KeyId } from "@millrace/shared";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { audit } from "../../test/audit.ts";
import { lease, leaseOne, queue, setup } from "../../test/setup.ts";
import type { Engine, KeyBudget, Settlement } from "../index.ts";

const keyId = "aaaa" as KeyId;
const MINUTE = 60_000;

async function withBudget(budget: KeyBudget) {
  const parts = await setup();
  await parts.engine.keyBudgets.set(keyId, budget);
  const redis = new Redis(parts.url);
  onTestFinished(() => redis.disconnect());
  const submit = (count: number, spec = {}, key: string = keyId) =>
    parts.engine.submit(Array.from({ length: count }, () => parts.job(key, spec)));
  return { ...parts, submit, check: () => audit(redis, parts.rootPrefix), redis };
}

const usage = (tokens: number) => ({ inputTokens: tokens, outputTokens: 0, providerCalls: 1 });
const complete = (engine: Engine, leases: readonly { jobId: never; token: number }[], tokens = 0) =>
  engine.settle(
    leases.map(
      (leased): Settlement => ({
        ...leased,
        kind: "complete",
        resultJson: "1",
        ...(tokens === 0 ? {} : { usage: usage(tokens) }),
      }),
    ),
  );

test("a key's concurrency limit holds, and a job that ends makes room for another", async () => {
  const { engine, submit, check } = await withBudget({ maxRunning: 2 });
  await submit(5);
  const first = await lease(engine, 10);
  expect(first).toHaveLength(2);
  expect(await lease(engine, 10)).toHaveLength(0);
  await check();
  await complete(engine, first.slice(0, 1) as never);
  await check();
  expect(await lease(engine, 10)).toHaveLength(1);
  await check();
});

test("five jobs at once do not spend 663 tokens of a limit of 100", async () => {
  const { engine, submit, time, check } = await withBudget({ tokensPerMinute: 100 });
  await submit(5, { estimatedTokens: 60 });
  const all = await Promise.all(Array.from({ length: 5 }, () => lease(engine, 1)));
  const [first, ...others] = all.flat();
  expect(others).toEqual([]);
  // The job spends more than its estimate, and the next job waits for that too.
  await complete(engine, [first] as never, 133);
  expect(await lease(engine, 5)).toEqual([]);
  await check();
  time.nowMs += MINUTE + 1_000;
  expect(await lease(engine, 5)).toHaveLength(1);
});

test("a job without an estimate does not reserve the whole budget", async () => {
  const { engine, submit } = await withBudget({ tokensPerMinute: 5_000 });
  await submit(6);
  expect(await lease(engine, 10)).toHaveLength(5);
});

test("a job larger than the budget runs alone, when nothing else is reserved", async () => {
  const { engine, submit, time } = await withBudget({ tokensPerMinute: 100 });
  await submit(1, { estimatedTokens: 10 });
  await submit(1, { estimatedTokens: 1_000_000 });
  expect(await lease(engine, 10)).toHaveLength(1);
  time.nowMs += MINUTE + 1_000;
  expect(await lease(engine, 10)).toHaveLength(1);
});

test("returned tokens release a lane that was held until its minute is over", async () => {
  const { engine, submit } = await withBudget({ tokensPerMinute: 100 });
  await submit(2, { estimatedTokens: 90 });
  const first = await lease(engine, 2);
  expect(first).toHaveLength(1);
  const woken = Promise.withResolvers<void>();
  await using _ = await engine.subscribe(queue, (signal) => {
    if (signal.kind === "work") woken.resolve();
  });
  await complete(engine, first as never, 10);
  await woken.promise;
  expect(await lease(engine, 2)).toHaveLength(1);
});

test("tokens that were reserved but not spent return to the minute that they were reserved in", async () => {
  const { engine, submit, time } = await withBudget({ tokensPerMinute: 100 });
  await submit(4, { estimatedTokens: 90 });
  const first = await leaseOne(engine);
  time.nowMs += 50_000;
  await complete(engine, [first] as never, 10);
  const second = await leaseOne(engine);
  // After the first job's minute, only the second job's 90 tokens count, without a correction of the first job.
  time.nowMs += 11_000;
  await complete(engine, [second] as never, 90);
  expect(await lease(engine, 1)).toEqual([]);
});

test("requests are counted by the minute, and a request that never reached the provider is returned", async () => {
  const { engine, submit } = await withBudget({ requestsPerMinute: 3 });
  await submit(5);
  const leases = await lease(engine, 10);
  expect(leases).toHaveLength(3);
  await engine.settle(leases.slice(0, 1).map((leased) => ({ ...leased, kind: "release" })));
  expect(await lease(engine, 10)).toHaveLength(1);
});

test("no minute holds more than the limit, wherever it begins", async () => {
  const { engine, submit, time } = await withBudget({ requestsPerMinute: 20 });
  await submit(2_000);
  const startedMs: number[] = [];
  for (let step = 0; step < 600; step += 1) {
    time.nowMs += 700 + ((step * 37) % 300);
    const leases = await lease(engine, 50);
    startedMs.push(...leases.map(() => time.nowMs));
    await complete(engine, leases as never);
  }
  let worst = 0;
  for (const [at, ms] of startedMs.entries()) {
    const until = startedMs.findIndex((other) => other >= ms + MINUTE);
    worst = Math.max(worst, (until < 0 ? startedMs.length : until) - at);
  }
  expect(worst).toBe(20);
  const minutes = (600 * (700 + 149.5)) / MINUTE;
  expect(startedMs.length / (20 * minutes)).toBeGreaterThan(0.95);
});

test("tokens of a day stop counting later than those of a minute", async () => {
  const { engine, submit, time } = await withBudget({ tokensPerMinute: 100, tokensPerDay: 250 });
  await submit(6, { estimatedTokens: 100 });
  for (let job = 0; job < 2; job += 1) {
    await complete(engine, (await lease(engine, 5)) as never);
    time.nowMs += MINUTE + 1_000;
  }
  expect(await lease(engine, 5)).toEqual([]);
  // A quarter of an hour counts as a whole.
  time.nowMs += 24 * 60 * MINUTE + 15 * MINUTE;
  expect(await lease(engine, 5)).toHaveLength(1);
});

test("a key over its budget does not delay other keys", async () => {
  const { engine, submit } = await withBudget({ maxRunning: 1 });
  await submit(100);
  await submit(3, {}, "bbbb");
  const keys = (await lease(engine, 10)).map((leased) => leased.jobId.split("~")[1]);
  expect(keys.sort()).toEqual(["aaaa", "bbbb", "bbbb", "bbbb"]);
});

test("a raised limit releases the lanes that it held, and a lowered limit holds at the next lease", async () => {
  const { engine, submit, check } = await withBudget({ tokensPerMinute: 100, maxRunning: 50 });
  await submit(10, { estimatedTokens: 50 });
  expect(await lease(engine, 10)).toHaveLength(2);
  const woken = Promise.withResolvers<void>();
  await using _ = await engine.subscribe(queue, (signal) => {
    if (signal.kind === "work") woken.resolve();
  });
  await engine.keyBudgets.set(keyId, { tokensPerMinute: 300 });
  await woken.promise;
  expect(await lease(engine, 10)).toHaveLength(4);
  await engine.keyBudgets.set(keyId, { maxRunning: 6 });
  expect(await lease(engine, 10)).toEqual([]);
  await engine.keyBudgets.set(keyId, undefined);
  expect(await lease(engine, 10)).toHaveLength(4);
  await check();
});

test("a dead attempt counts as its reservation, and its slot is free again", async () => {
  const { engine, submit, time } = await withBudget({ tokensPerMinute: 100, maxRunning: 1 });
  await submit(2, { estimatedTokens: 80 });
  await leaseOne(engine);
  time.nowMs += 30_001;
  await engine.reap(queue, 10);
  expect(await lease(engine, 1)).toEqual([]);
  time.nowMs += 31_000;
  expect(await lease(engine, 1)).toHaveLength(1);
});

test("a smaller job that arrives at the head of a held lane is leased", async () => {
  const { engine, submit, check } = await withBudget({ tokensPerMinute: 100 });
  await submit(1, { estimatedTokens: 60 });
  await submit(1, { estimatedTokens: 60 });
  expect(await lease(engine, 5)).toHaveLength(1);
  await submit(1, { estimatedTokens: 30, priority: 20 });
  await check();
  expect(await lease(engine, 5)).toHaveLength(1);
});

test("cancelling the job that a lane waits for lets the next one run", async () => {
  const { engine, job, submit, check } = await withBudget({ tokensPerMinute: 100 });
  await submit(1, { estimatedTokens: 60 });
  const large = job(keyId, { estimatedTokens: 60 });
  await engine.submit([large]);
  await submit(1, { estimatedTokens: 30 });
  expect(await lease(engine, 5)).toHaveLength(1);
  await engine.cancel(large.id, "no");
  await check();
  expect(await lease(engine, 5)).toHaveLength(1);
  await check();
});

test("a key's own limit on queued jobs replaces its queue's", async () => {
  const { submit } = await withBudget({ maxQueued: 2 });
  const outcomes = await submit(3);
  expect(outcomes.map((outcome) => outcome.kind)).toEqual(["accepted", "accepted", "depthFull"]);
  expect(outcomes[2]).toMatchObject({ depth: 2, limit: 2 });
});

test("waiting jobs of every band count as queued, held or not; running jobs do not", async () => {
  const { engine, submit, job } = await withBudget({ maxQueued: 4, maxRunning: 1 });
  await submit(3);
  await engine.submit([job(keyId, { priority: 90 }), job("bbbb")]);
  const [running] = await lease(engine, 1);
  expect(await lease(engine, 1)).toMatchObject([{ jobId: expect.stringContaining("~bbbb~") }]);
  // Three jobs wait, two of them in a held lane.
  const outcomes = await engine.submit([
    ...[job(keyId, { priority: 5 }), job(keyId), job("cccc")],
    ...[job(keyId, { priority: 5 }), job("cccc")],
  ]);
  expect(outcomes).toEqual([
    { kind: "accepted" },
    { kind: "depthFull", depth: 4, limit: 4 },
    { kind: "accepted" },
    { kind: "depthFull", depth: 4, limit: 4 },
    { kind: "accepted" },
  ]);
  expect(running?.jobId).toContain(keyId);
});

test("the tokens of an attempt are learned from what its key's attempts spend", async () => {
  const { engine, submit, time } = await withBudget({ tokensPerMinute: 10_000 });
  await submit(100);
  for (let i = 0; i < 20; i += 1) {
    await complete(engine, [await leaseOne(engine)] as never, 2_000);
    time.nowMs += MINUTE + 1_000;
  }
  expect(await lease(engine, 50)).toHaveLength(5);
});

test("keys with weights share by them, in tokens", async () => {
  const { engine, submit } = await withBudget({ weight: 2 });
  await submit(300, { estimatedTokens: 1_000 });
  await submit(300, { estimatedTokens: 4_000 }, "bbbb");
  const counts: Record<string, number> = {};
  for (const leased of await lease(engine, 180)) {
    const key = leased.jobId.split("~")[1] ?? "";
    counts[key] = (counts[key] ?? 0) + 1;
  }
  // The key gets twice the tokens, in jobs of a quarter of the size.
  expect(counts.aaaa).toBeGreaterThanOrEqual(159);
  expect(counts.aaaa).toBeLessThanOrEqual(161);
});

test("budgets reach a queue that is created later, and a shard that missed a change", async () => {
  const { engine, job, redis, rootPrefix } = await withBudget({ maxRunning: 1 });
  const other = "other" as typeof queue;
  await engine.defineQueue({ name: other });
  const inOther = () => {
    const made = job(keyId);
    return { ...made, id: made.id.replace(queue, other) as never };
  };
  await engine.submit([inOther(), inOther()]);
  const leases = async () => {
    const request = { queue: other, count: 5, leaseMs: 30_000, workerId: "w1" };
    return (await engine.lease(request)).leases;
  };
  expect(await leases()).toHaveLength(1);
  await redis.del(`${rootPrefix}:{${other}:0}:${other}:mr:budgets`);
  await engine.syncPolicy();
  await engine.submit([inOther()]);
  expect(await leases()).toEqual([]);
});

test("when no job runs, every counter of a key is zero", async () => {
  const { engine, submit, redis, rootPrefix } = await withBudget({
    maxRunning: 5,
    requestsPerMinute: 500,
  });
  await submit(20);
  for (let leases = await lease(engine, 3); leases.length > 0; leases = await lease(engine, 3)) {
    await complete(engine, leases as never, 10);
  }
  const use = await redis.hgetall(`${rootPrefix}:{${queue}:0}:${queue}:mr:use:${keyId}`);
  expect(use.n).toBe("0");
  expect(use.qs).toBe("20");
  expect(Number(use.ts)).toBe(200);
});

test.each([2_000, 2_001])(
  "%i keys in one call are all made ready, corrected and learned",
  async (count) => {
    const { engine, job, redis, rootPrefix, check } = await withBudget({});
    const base = `${rootPrefix}:{${queue}:0}:${queue}:mr:`;
    const keys = Array.from({ length: count }, (_, at) => `key${at}`);
    const estimate = { estimatedTokens: 1_000 };
    await engine.submit(keys.flatMap((key) => [job(key, estimate), job(key, estimate)]));
    expect(await redis.zcard(`${base}ready:2|`)).toBe(count);
    const leases = await lease(engine, count);
    expect(new Set(leases.map(({ jobId }) => jobId.split("~")[1])).size).toBe(count);
    await complete(engine, leases as never, 500);
    expect(await redis.zcount(`${base}ready:2|`, 0.5, 0.5)).toBe(count);
    expect(new Set(await redis.hvals(`${base}learned`))).toEqual(new Set(["500"]));
    expect(await redis.hlen(`${base}learned`)).toBe(count);
    await check();
  },
);
