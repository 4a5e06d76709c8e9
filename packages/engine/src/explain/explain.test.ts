import { type JobId, type KeyId, newGroupId, type QueueName, systemRandom } from "@millrace/shared";
import { expect, test } from "vitest";
import { lease, leaseOne, queue, setup } from "../../test/setup.ts";
import type { Engine } from "../index.ts";

const keyId = "aaaa" as KeyId;
const pool = "openai/gpt-5";

const kindsOf = async (engine: Engine, id: JobId) =>
  (await engine.explain(id))?.constraints.map(({ kind }) => kind);

test("a job without constraints waits for a worker, and jobs behind it wait for their lane's order", async () => {
  const { engine, job } = await setup();
  const jobs = [job(keyId), job(keyId), job(keyId)];
  await engine.submit(jobs);
  expect(await kindsOf(engine, jobs[0]?.id as JobId)).toEqual(["NO_FREE_WORKER"]);
  const last = await engine.explain(jobs[2]?.id as JobId);
  expect(last).toMatchObject({
    aheadInLane: 2,
    lanes: 1,
    constraints: [{ kind: "LANE_ORDER", needed: 2 }],
  });
  expect(last).not.toHaveProperty("leasedLately");
});

test("explain says that no worker serves a job's type, whatever else the job waits for", async () => {
  const { engine, job } = await setup();
  const jobs = ["mail", "mail", "echo"].map((type) => job(keyId, { type }));
  await engine.submit(jobs);
  const served = { kind: "NO_FREE_WORKER", subject: queue, jobType: "mail" };
  const constraintsAt = async (at: number) =>
    (await engine.explain(jobs[at]?.id as JobId))?.constraints;
  expect(await constraintsAt(0)).toEqual([served]);
  await engine.lease({ queue, count: 1, leaseMs: 30_000, workerId: "w1", types: ["resize"] });
  expect(await constraintsAt(0)).toEqual([{ ...served, noneServesType: true }]);
  expect(await constraintsAt(1)).toEqual([
    { kind: "LANE_ORDER", subject: keyId, needed: 1 },
    { ...served, noneServesType: true },
  ]);
  await engine.lease({ queue, count: 1, leaseMs: 30_000, workerId: "w1", types: ["mail"] });
  expect((await constraintsAt(1))?.some(({ noneServesType }) => noneServesType)).toBe(false);
});

test("a job that does not wait has no constraints, and a job that does not exist has no explanation", async () => {
  const { engine, job } = await setup();
  const one = job(keyId);
  expect(await engine.explain(one.id)).toBeUndefined();
  await engine.submit([one]);
  const leased = await leaseOne(engine);
  expect(await engine.explain(one.id)).toMatchObject({ state: "RUNNING", constraints: [] });
  await engine.settle([{ ...leased, kind: "complete", resultJson: "1" }]);
  expect(await engine.explain(one.id)).toMatchObject({ state: "SUCCEEDED", constraints: [] });
});

test("explain lists every constraint with its figures, and the one that clears last comes first", async () => {
  const { engine, job, time } = await setup();
  await engine.keyBudgets.set(keyId, {
    ...{ requestsPerMinute: 1, tokensPerMinute: 100, tokensPerDay: 100, maxRunning: 1 },
  });
  await engine.pauseQueue(queue, false);
  const held = job(keyId, { estimatedTokens: 60 });
  await engine.submit([job(keyId, { estimatedTokens: 50 }), held]);
  await lease(engine, 5);
  const explanation = await engine.explain(held.id);
  const minuteMs = (Math.floor(time.nowMs / 1_000) + 61) * 1_000;
  expect(explanation?.constraints).toEqual([
    { kind: "KEY_CONCURRENCY", subject: keyId, limit: 1, used: 1, needed: 1 },
    expect.objectContaining({ kind: "KEY_DAILY_TOKENS", limit: 100, used: 50, needed: 60 }),
    { kind: "KEY_REQUESTS", subject: keyId, limit: 1, used: 1, needed: 1, clearMs: minuteMs },
    { kind: "KEY_TOKENS", subject: keyId, limit: 100, used: 50, needed: 60, clearMs: minuteMs },
  ]);
});

test("a job is held until the moment that explain names, and is leased then", async () => {
  const { engine, job, time } = await setup();
  await engine.keyBudgets.set(keyId, { tokensPerMinute: 100 });
  const held = job(keyId, { estimatedTokens: 60 });
  await engine.submit([job(keyId, { estimatedTokens: 50 }), held]);
  await lease(engine, 5);
  const clearMs = (await engine.explain(held.id))?.constraints[0]?.clearMs ?? 0;
  time.nowMs = clearMs - 1;
  expect(await lease(engine, 5)).toEqual([]);
  time.nowMs = clearMs;
  expect(await lease(engine, 5)).toMatchObject([{ jobId: held.id, heldBy: ["KEY_TOKENS"] }]);
});

test("explain names a paused queue, a start time and a provider's cool-down", async () => {
  const { engine, job, time } = await setup();
  const later = job(keyId, { runAtMs: time.nowMs + 5_000, pool });
  const now = job(keyId, { pool });
  await engine.submit([later, now]);
  await engine.pauseQueue(queue, true);
  await engine.providerAccounts.report(pool, { kind: "refused", askedMs: 9_000 });
  expect(await kindsOf(engine, later.id)).toEqual([
    "QUEUE_PAUSED",
    "PROVIDER_COOLDOWN",
    "SCHEDULED",
  ]);
  expect(await kindsOf(engine, now.id)).toEqual(["QUEUE_PAUSED", "PROVIDER_COOLDOWN"]);
  await engine.providerAccounts.report(pool, { kind: "exhausted" });
  expect(await kindsOf(engine, now.id)).toContain("PROVIDER_EXHAUSTED");
});

test("explain names the used-up limits of a provider account", async () => {
  const { engine, job } = await setup();
  await engine.providerAccounts.put({
    ...{ name: pool, requestsPerMinute: 1, tokensPerMinute: 1_500, maxRunning: 1 },
  });
  const jobs = [job(keyId, { pool }), job(keyId, { pool })];
  await engine.submit(jobs);
  expect(await lease(engine, 5)).toHaveLength(1);
  const kinds = await kindsOf(engine, jobs[1]?.id as JobId);
  expect(kinds?.sort()).toEqual(["PROVIDER_CONCURRENCY", "PROVIDER_REQUESTS", "PROVIDER_TOKENS"]);
});

test("explain reports how many jobs were leased within the last minute, and no older ones", async () => {
  const { engine, job, time } = await setup();
  await engine.submit(Array.from({ length: 10 }, () => job(keyId)));
  const last = job(keyId);
  await engine.submit([last]);
  await lease(engine, 3);
  time.nowMs += 20_000;
  await lease(engine, 4);
  expect((await engine.explain(last.id))?.leasedLately?.jobs).toBe(7);
  time.nowMs += 45_000;
  expect((await engine.explain(last.id))?.leasedLately?.jobs).toBe(4);
  time.nowMs += 60_000;
  expect(await engine.explain(last.id)).not.toHaveProperty("leasedLately");
});

test("leases of other pools and bands do not count for a pool that no worker serves", async () => {
  const { engine, job } = await setup();
  const pooled = job(keyId, { pool: "gpu" });
  const batch = Array.from({ length: 30 }, () => job(keyId, { priority: 90 }));
  const standard = Array.from({ length: 30 }, () => job(keyId));
  await engine.submit([pooled, ...batch, ...standard]);
  // By the weights, one job of five is in the batch band.
  await engine.lease({ queue, count: 20, leaseMs: 30_000, workerId: "w1", pools: [] });
  const leasedOf = async (id: JobId | undefined) =>
    (await engine.explain(id as JobId))?.leasedLately?.jobs;
  expect(await leasedOf(pooled.id)).toBeUndefined();
  expect(await leasedOf(batch.at(-1)?.id)).toBe(4);
  expect(await leasedOf(standard.at(-1)?.id)).toBe(16);
});

test("a lease counts the constraints of the lanes that it holds", async () => {
  const { engine, job } = await setup();
  await engine.keyBudgets.set(keyId, { maxRunning: 1 });
  await engine.submit([job(keyId), job(keyId), job(keyId)]);
  const { held } = await engine.lease({ queue, count: 5, leaseMs: 30_000, workerId: "w1" });
  expect([...held]).toEqual([["KEY_CONCURRENCY", 1]]);
});

test("explain says how many children a finalizer waits for, and that a child waits for room in its group", async () => {
  const { engine, job, time } = await setup();
  const group = newGroupId(queue, keyId, time.nowMs, systemRandom);
  const finalizer = job(keyId);
  await engine.createGroup({
    ...{ id: group, rule: "all", maxInFlight: 2, keepSiblings: false, finalizer },
    ...{ createdAtMs: time.nowMs, deadlineMs: time.nowMs + 60_000 },
  });
  const children = [1, 2, 3].map(() => job(keyId, { group: { id: group } }));
  await engine.submit(children);
  const held = children[2]?.id as JobId;
  expect(await engine.explain(held)).toMatchObject({
    state: "SCHEDULED",
    constraints: [{ kind: "GROUP_IN_FLIGHT", subject: group, limit: 2, used: 2, needed: 1 }],
  });
  expect((await engine.stats(queue)).groups).toBe(1);
  await engine.settle([{ ...(await leaseOne(engine)), kind: "complete", resultJson: "1" }]);
  expect(await engine.explain(finalizer.id)).toMatchObject({
    state: "WAITING",
    constraints: [{ kind: "CHILDREN", subject: group, limit: 3, used: 1 }],
  });
  expect(await kindsOf(engine, held)).toEqual(["LANE_ORDER"]);
});

test("explain names the pool in which a key runs as many jobs of an internal queue as it may", async () => {
  const { engine, job } = await setup();
  const internal = "millrace-webhooks" as QueueName;
  await engine.defineQueue({ name: internal });
  const jobs = ["webhook/a", "webhook/a", "webhook/a", "webhook/a", "webhook/a", "webhook/b"].map(
    (pool) => {
      const { id, ...rest } = job(keyId, { pool });
      return { ...rest, id: id.replace(queue, internal) as JobId };
    },
  );
  await engine.submit(jobs);
  await engine.lease({ queue: internal, count: 4, leaseMs: 30_000, workerId: "w" });
  const [, , , , held, free] = jobs;
  expect((await engine.explain(held?.id as JobId))?.constraints).toMatchObject([
    { kind: "KEY_CONCURRENCY", subject: "webhook/a", limit: 4, used: 4, needed: 1 },
  ]);
  expect(await kindsOf(engine, free?.id as JobId)).toEqual(["NO_FREE_WORKER"]);
});
