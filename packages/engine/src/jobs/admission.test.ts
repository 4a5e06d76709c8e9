/** Submissions over a key's limits are refused before they are stored, and stored jobs count until they are removed. */
import { type KeyId, systemClock, systemRandom } from "@millrace/shared";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { audit } from "../../test/audit.ts";
import { lease, leaseOne, queue, setup } from "../../test/setup.ts";
import { type Engine, type JobSpec, type KeyBudget, openEngine } from "../index.ts";
import { shardAt } from "../redis/keys.ts";

const KEY = "aaaa" as KeyId;
const failure = { reason: "NO", message: "no", retryable: true };
/** The least that a job counts in addition to its payload, in bytes. */
const OVERHEAD = 768;
const DAY_MS = 86_400_000;

async function withBudget(budget?: KeyBudget, change = {}) {
  const parts = await setup(change);
  if (budget !== undefined) await parts.engine.keyBudgets.set(KEY, budget);
  const redis = new Redis(parts.url);
  onTestFinished(() => redis.disconnect());
  const submit = async (...specs: readonly Partial<JobSpec>[]) =>
    parts.engine.submit(specs.map((spec) => parts.job(KEY, spec)));
  const kinds = async (...specs: readonly Partial<JobSpec>[]) =>
    (await submit(...specs)).map(({ kind }) => kind);
  return {
    ...{ ...parts, submit, kinds },
    check: () => audit(redis, parts.rootPrefix),
    stored: async () => (await parts.engine.keyBudgets.storedBytes([KEY])).get(KEY),
    /** The counters of the shard. */
    counters: () => redis.hgetall(`${shardAt(parts.rootPrefix, queue, 0).base}mr:stored`),
  };
}

const payload = (bytes: number) => JSON.stringify("x".repeat(bytes - 2));

test("jobs that wait for a time count as queued", async () => {
  const { kinds, submit, engine, time, check } = await withBudget({ maxQueued: 3 });
  const later = { runAtMs: time.nowMs + 300 * DAY_MS };
  expect(await kinds({}, later, later, later)).toEqual([
    ...["accepted", "accepted", "accepted", "depthFull"],
  ]);
  expect(await submit({})).toEqual([{ kind: "depthFull", depth: 3, limit: 3 }]);
  await leaseOne(engine);
  expect(await kinds({}, later)).toEqual(["accepted", "depthFull"]);
  time.nowMs += 300 * DAY_MS + 1;
  await engine.promote(queue, 10);
  expect(await kinds({})).toEqual(["depthFull"]);
  await check();
});

test("a scheduled job stops counting when it is cancelled", async () => {
  const { kinds, engine, job, time, counters } = await withBudget({ maxQueued: 1 });
  const scheduled = job(KEY, { runAtMs: time.nowMs + DAY_MS });
  await engine.submit([scheduled]);
  expect(await kinds({})).toEqual(["depthFull"]);
  await engine.cancel(scheduled.id, "");
  expect(await counters()).not.toHaveProperty(`${KEY}:d`);
  expect(await kinds({})).toEqual(["accepted"]);
});

test("a retry is never refused, and counts while it waits", async () => {
  const { kinds, engine, check } = await withBudget({ maxQueued: 1 });
  await kinds({});
  const running = await leaseOne(engine);
  expect(await kinds({})).toEqual(["accepted"]);
  const retry = { kind: "retry", delayMs: 60_000, failure } as const;
  expect(await engine.settle([{ ...running, ...retry }])).toMatchObject([{ kind: "settled" }]);
  await check();
  await leaseOne(engine);
  // No job is in a lane, and the retry is the only job that counts.
  expect(await kinds({})).toEqual(["depthFull"]);
});

test("other keys' scheduled jobs do not count", async () => {
  const { engine, job, kinds, time } = await withBudget({ maxQueued: 1 });
  const later = { runAtMs: time.nowMs + DAY_MS };
  await engine.submit([job("bbbb", later), job("bbbb", later)]);
  expect(await kinds({})).toEqual(["accepted"]);
});

test("a key may store exactly as many bytes as its limit allows", async () => {
  const { submit, kinds, stored } = await withBudget({});
  await submit({ payloadJson: payload(1_000) });
  const one = (await stored()) ?? 0;
  expect(one).toBeGreaterThan(OVERHEAD + 1_000);
  const bounded = await withBudget({ maxStoredBytes: 2 * one });
  const same = { payloadJson: payload(1_000) };
  expect(await bounded.kinds(same, same)).toEqual(["accepted", "accepted"]);
  expect(await bounded.submit({ payloadJson: "1" })).toEqual([
    { kind: "storedBytesFull", stored: 2 * one, bytes: one - 999, limit: 2 * one },
  ]);
  const tight = await withBudget({ maxStoredBytes: 2 * one - 1 });
  expect(await tight.kinds(same, same)).toEqual(["accepted", "storedBytesFull"]);
  expect(await kinds(same)).toEqual(["accepted"]);
});

test("scheduled, running and finished jobs hold a key's bytes until their retention ends", async () => {
  const { kinds, engine, time, stored, counters, check } = await withBudget(
    { maxStoredBytes: 4_500 },
    { retainSucceededMs: 1_000 },
  );
  await kinds({ payloadJson: payload(3_000) });
  expect(await kinds({})).toEqual(["storedBytesFull"]);
  const running = await leaseOne(engine);
  expect(await kinds({})).toEqual(["storedBytesFull"]);
  await engine.settle([{ ...running, kind: "complete", resultJson: payload(4_000) }]);
  // A result is stored even above the limit.
  expect(await stored()).toBeGreaterThan(7_500);
  expect(await kinds({})).toEqual(["storedBytesFull"]);
  await check();
  time.nowMs += 1_001;
  await engine.prune(queue, 10);
  expect(await counters()).toEqual({});
  expect(await kinds({})).toEqual(["accepted"]);
});

test("output counts, including that of an earlier attempt while it is kept", async () => {
  const { kinds, engine, stored, counters, time, check } = await withBudget({});
  await kinds({});
  const before = (await stored()) ?? 0;
  const chunk = { kind: "text", body: Buffer.alloc(1_000, "x") } as const;
  for (const retried of [true, false]) {
    const running = await leaseOne(engine);
    const chunks = [0, 1].map((seq) => ({ ...chunk, seq }));
    await engine.append([{ ...running, limitBytes: 3_000, chunks }] as never);
    await check();
    if (retried) await engine.settle([{ ...running, kind: "retry", delayMs: 0, failure }]);
    else await engine.settle([{ ...running, kind: "complete", resultJson: "1" }]);
  }
  expect(await stored()).toBeGreaterThan(before + 2_000);
  await check();
  time.nowMs += 30 * DAY_MS;
  await engine.prune(queue, 10);
  expect(await counters()).toEqual({});
});

test("a dead letter counts in addition to its job and after it, and a redrive that adds no bytes is not refused", async () => {
  const { kinds, engine, stored, counters, time, check } = await withBudget(undefined, {
    retainFailedMs: 1_000,
  });
  await kinds({ payloadJson: payload(10_000), maxAttempts: 1 });
  const running = await leaseOne(engine);
  await engine.settle([{ ...running, kind: "fail", state: "FAILED", failure }]);
  expect(await stored()).toBeGreaterThan(20_000);
  await check();
  time.nowMs += 1_001;
  await engine.prune(queue, 10);
  const left = (await stored()) ?? 0;
  expect(left).toBeGreaterThan(10_000);
  await check();
  await engine.keyBudgets.set(KEY, { maxStoredBytes: left });
  const { letters } = await engine.deadLetters.list({ queue }, 10);
  expect(await engine.deadLetters.redrive(letters)).toMatchObject({ redriven: 1 });
  await check();
  expect(await stored()).toBeLessThanOrEqual(left);
  const [again] = await lease(engine, 1);
  await engine.settle([{ ...(again as typeof running), kind: "complete", resultJson: "1" }]);
  time.nowMs += 30 * DAY_MS;
  await engine.prune(queue, 10);
  expect(await counters()).toEqual({});
});

test("purged dead letters stop counting", async () => {
  const { kinds, engine, counters, time } = await withBudget(undefined, { retainFailedMs: 1 });
  await kinds({ maxAttempts: 1 });
  const running = await leaseOne(engine);
  await engine.settle([{ ...running, kind: "fail", state: "FAILED", failure }]);
  expect(await engine.deadLetters.remove([running.jobId])).toBe(1);
  time.nowMs += 2;
  await engine.prune(queue, 10);
  expect(await counters()).toEqual({});
});

test("a key without a limit of its own has the engine's limit, and its own limit replaces that", async () => {
  const { url, rootPrefix, job, time } = await setup();
  let bound = 1_200;
  const engine: Engine = await openEngine({
    ...{ redis: { url }, rootPrefix, storedBytesPerKey: () => bound },
    ...{ clock: { nowMs: () => time.nowMs, after: systemClock.after }, random: systemRandom },
  });
  onTestFinished(() => engine.close());
  await engine.keyBudgets.set("bbbb" as KeyId, { maxStoredBytes: 2_400 });
  const kinds = async (key: string) =>
    (await engine.submit([job(key), job(key), job(key)])).map(({ kind }) => kind);
  expect(await kinds("aaaa")).toEqual(["accepted", "storedBytesFull", "storedBytesFull"]);
  expect(await kinds("bbbb")).toEqual(["accepted", "accepted", "storedBytesFull"]);
  bound = Number.POSITIVE_INFINITY;
  expect(await kinds("aaaa")).toEqual(["accepted", "accepted", "accepted"]);
});

test("a priority more urgent than the key's limit is refused, and the limit itself is allowed", async () => {
  const { submit, kinds } = await withBudget({ maxPriority: 11 });
  expect(await kinds({ priority: 11 }, { priority: 100 })).toEqual(["accepted", "accepted"]);
  expect(await submit({ priority: 10 })).toEqual([
    { kind: "priorityNotAllowed", priority: 10, limit: 11 },
  ]);
});

test("a queue limits the priority of keys whose budget sets none", async () => {
  const { kinds, engine, job } = await withBudget({ maxPriority: 1 }, { maxPriority: 20 });
  expect(await kinds({ priority: 1 })).toEqual(["accepted"]);
  const others = await engine.submit([20, 19].map((priority) => job("bbbb", { priority })));
  expect(others.map(({ kind }) => kind)).toEqual(["accepted", "priorityNotAllowed"]);
});

test("a dead letter stays one if its priority is more urgent than its key may now use", async () => {
  const { kinds, engine } = await withBudget();
  await kinds({ priority: 5, maxAttempts: 1 });
  const running = await leaseOne(engine);
  await engine.settle([{ ...running, kind: "fail", state: "FAILED", failure }]);
  await engine.keyBudgets.set(KEY, { maxPriority: 6 });
  const { letters } = await engine.deadLetters.list({ queue }, 10);
  expect(await engine.deadLetters.redrive(letters)).toEqual({ redriven: 0, refused: 1, gone: 0 });
  await engine.keyBudgets.set(KEY, { maxPriority: 5 });
  expect(await engine.deadLetters.redrive(letters)).toEqual({ redriven: 1, refused: 0, gone: 0 });
});

test("a repeated submission returns the existing job, even if its key is over its limit now", async () => {
  const { engine, job } = await withBudget();
  const one = job(KEY, { priority: 1 });
  await engine.submit([one]);
  await engine.keyBudgets.set(KEY, { maxPriority: 50, maxQueued: 1, maxStoredBytes: 1 });
  expect(await engine.submit([one])).toMatchObject([{ kind: "existing", jobId: one.id }]);
});

test("a budget that an earlier version stored in a shard limits jobs before it is brought up to date", async () => {
  const { engine, job, url, rootPrefix } = await withBudget();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  await redis.hset(`${rootPrefix}:{${queue}:0}:${queue}:mr:budgets`, KEY, "2,,,,1,2,7,90000");
  const jobs = [job(KEY), job(KEY), job(KEY, { priority: 6 }), job(KEY)];
  expect((await engine.submit(jobs)).map(({ kind }) => kind)).toEqual([
    ...["accepted", "accepted", "priorityNotAllowed", "depthFull"],
  ]);
  expect(await lease(engine, 5)).toHaveLength(1);
});

test.each<[KeyBudget, string]>([
  [{ maxQueued: 1 }, ",,,,,1"],
  [{ maxQueued: 1, maxPriority: 7 }, ",,,,,1,7,"],
  [{ weight: 2, maxQueued: 1, maxStoredBytes: 90_000 }, "2,,,,,1,,90000"],
])("the budget %j of an earlier version applies, and can be replaced", async (budget, text) => {
  const { engine, job, url, rootPrefix } = await withBudget({ maxQueued: 5 });
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  await redis.hset(`${rootPrefix}:{registry}:key-budgets`, KEY, text, "*", 7);
  await engine.syncPolicy();
  expect(await engine.keyBudgets.get(KEY)).toEqual(budget);
  const jobs = [job(KEY), job(KEY)];
  expect((await engine.submit(jobs)).map(({ kind }) => kind)).toEqual(["accepted", "depthFull"]);
  expect(await engine.keyBudgets.replace(KEY, { maxQueued: 9 }, {})).toBe(false);
  expect(await engine.keyBudgets.replace(KEY, budget, { maxQueued: 2 })).toBe(true);
  expect(await engine.submit(jobs.slice(1))).toEqual([{ kind: "accepted" }]);
});

test("a member of a budget that scripts do not read changes nothing that they enforce", async () => {
  const { engine, job } = await withBudget();
  const budget = { maxQueued: 1, maxRunning: 1, someday: 5 } as KeyBudget;
  await engine.keyBudgets.set(KEY, budget);
  expect(await engine.keyBudgets.get(KEY)).toEqual(budget);
  const outcomes = await engine.submit([job(KEY), job(KEY)]);
  expect(outcomes.map(({ kind }) => kind)).toEqual(["accepted", "depthFull"]);
});
