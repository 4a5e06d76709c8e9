import type { KeyId } from "@millrace/shared";
import { expect, test } from "vitest";
import { lease, leaseOne, queue, setup } from "../../test/setup.ts";
import type { Engine } from "../index.ts";

const [a, b, c] = ["aaaa", "bbbb", "cccc"] as [KeyId, KeyId, KeyId];
const pool = "openai/gpt-5";

const heldIn = async (engine: Engine) => Object.fromEntries((await engine.waits(queue)).jobs);

test("each waiting job counts once, with the limit of its key, else its account, else a missing worker", async () => {
  const { engine, job, time } = await setup();
  await engine.keyBudgets.set(a, { maxRunning: 1 });
  await engine.keyBudgets.set(b, { tokensPerDay: 100 });
  await engine.providerAccounts.put({ name: pool, requestsPerMinute: 1 });
  const tokens = { estimatedTokens: 100 };
  await engine.submit([
    ...[job(a), job(a), job(a)],
    ...[job(b, tokens), job(b, tokens)],
    ...[job(c, { pool }), job(c, { pool }), job(c, { pool })],
    job(c, { runAtMs: time.nowMs + 60_000 }),
  ]);
  expect(await heldIn(engine)).toEqual({ SCHEDULED: 1, NO_FREE_WORKER: 8 });
  // Each key gets one job, and meets its limit with the next one.
  await lease(engine, 8);
  expect(await heldIn(engine)).toEqual({
    ...{ SCHEDULED: 1, KEY_CONCURRENCY: 2, KEY_DAILY_TOKENS: 1, PROVIDER_REQUESTS: 2 },
  });
  const { queuedByPool, limitedKeys } = await engine.waits(queue);
  expect(Object.fromEntries(queuedByPool)).toEqual({ "": 3, [pool]: 2 });
  expect([...limitedKeys].sort()).toEqual([a, b]);
  await engine.pauseQueue(queue, true);
  expect(await heldIn(engine)).toEqual({ SCHEDULED: 1, QUEUE_PAUSED: 5 });
});

test("an account that is exhausted, cools down or is full holds the jobs of its pool", async () => {
  const { engine, job } = await setup();
  await engine.submit([job(a, { pool }), job(a, { pool }), job(a)]);
  await engine.providerAccounts.report(pool, { kind: "refused" });
  expect(await heldIn(engine)).toEqual({ PROVIDER_COOLDOWN: 2, NO_FREE_WORKER: 1 });
  await engine.providerAccounts.report(pool, { kind: "exhausted" });
  expect(await heldIn(engine)).toEqual({ PROVIDER_EXHAUSTED: 2, NO_FREE_WORKER: 1 });
  await engine.providerAccounts.reset(pool);
  await engine.providerAccounts.put({ name: pool, maxRunning: 1 });
  await lease(engine, 2);
  expect(await heldIn(engine)).toEqual({ PROVIDER_CONCURRENCY: 1 });
});

test("a token limit of an account holds a job that needs more than what is left", async () => {
  const { engine, job } = await setup();
  await engine.providerAccounts.put({ name: pool, tokensPerMinute: 1_000 });
  const large = { pool, estimatedTokens: 600 };
  await engine.submit([job(a, large), job(b, large)]);
  await lease(engine, 2);
  expect(await heldIn(engine)).toEqual({ PROVIDER_TOKENS: 1 });
});

test("the oldest job is found behind more urgent ones, by when it was due, and apart for jobs that a key's own limit holds", async () => {
  const { engine, job, time } = await setup();
  const submittedMs = time.nowMs;
  const atOf = async () =>
    (await engine.waits(queue)).oldest
      .map(({ band, limited, sinceMs }) => ({ band, limited, at: sinceMs - submittedMs }))
      .sort((x, y) => x.at - y.at);
  expect(await atOf()).toEqual([]);
  // Submitted first, but due last: it has not waited since its submission.
  await engine.submit([job(a, { priority: 60, runAtMs: submittedMs + 40_000 })]);
  await engine.submit([job(a, { priority: 50 })]);
  time.nowMs += 10_000;
  await engine.submit([job(a, { priority: 20 }), job(b, { priority: 5 })]);
  time.nowMs += 30_000;
  // Promotes what is due.
  await engine.reap(queue, 10);
  await engine.promote(queue, 10);
  expect(await atOf()).toEqual([
    { band: "standard", limited: false, at: 0 },
    { band: "interactive", limited: false, at: 10_000 },
    { band: "batch", limited: false, at: 40_000 },
  ]);
  await engine.keyBudgets.set(a, { maxRunning: 1 });
  await lease(engine, 1);
  await leaseOne(engine);
  await lease(engine, 1);
  expect(await atOf()).toEqual([
    { band: "standard", limited: true, at: 0 },
    { band: "batch", limited: true, at: 40_000 },
  ]);
});

test("numbers of more lanes than are read are scaled to all jobs", async () => {
  const { engine, job } = await setup();
  const keys = Array.from({ length: 200 }, (_, i) => `k${String(i).padStart(3, "0")}` as KeyId);
  await engine.submit(keys.flatMap((key) => [job(key), job(key, { pool })]));
  const { jobs, queuedByPool } = await engine.waits(queue);
  expect(Object.fromEntries(jobs)).toEqual({ NO_FREE_WORKER: 400 });
  expect(Object.fromEntries(queuedByPool)).toEqual({ "": 200, [pool]: 200 });
});

test("a lane counts as held once for each limit that its first job meets, however often it is checked again", async () => {
  const { engine, job, time } = await setup();
  await engine.keyBudgets.set(a, { maxRunning: 1 });
  await engine.keyBudgets.set(b, { tokensPerMinute: 100 });
  await engine.keyBudgets.set(c, { tokensPerDay: 100 });
  const tokens = { estimatedTokens: 60 };
  await engine.submit([a, b, c].flatMap((key) => [job(key, tokens), job(key, tokens)]));
  const held: Record<string, number> = {};
  const leaseAll = async () => {
    const { held: more } = await engine.lease({
      ...{ queue, count: 10, leaseMs: 3_600_000, workerId: "w1" },
    });
    for (const [kind, lanes] of more) held[kind] = (held[kind] ?? 0) + lanes;
  };
  await leaseAll();
  const once = { KEY_CONCURRENCY: 1, KEY_TOKENS: 1, KEY_DAILY_TOKENS: 1 };
  expect(held).toEqual(once);
  // A changed budget, and a job at the head of the lane, make schedulers look at the lanes again.
  for (let minute = 0; minute < 20; minute += 1) {
    time.nowMs += 1_000;
    await engine.keyBudgets.set(c, { tokensPerDay: 100 + (minute % 2) });
    await engine.keyBudgets.set(a, { maxRunning: 1, tokensPerDay: 1_000_000 + minute });
    await leaseAll();
  }
  expect(held).toEqual(once);
});
