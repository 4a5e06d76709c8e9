/** A shard in which an earlier version stored budgets and held lanes under other names. */
import type { KeyId } from "@millrace/shared";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { audit } from "../../test/audit.ts";
import { lease, leaseOne, queue, setup } from "../../test/setup.ts";

const KEY = "aaaa" as KeyId;

/** One job of a key runs, which is as many as may run, and two wait in a held lane. */
async function withHeldLane() {
  const { engine, job, url, rootPrefix } = await setup();
  await engine.keyBudgets.set(KEY, { maxRunning: 1 });
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const base = `${rootPrefix}:{${queue}:0}:${queue}:`;
  const waiting = [job(KEY), job(KEY)];
  await engine.submit([job(KEY)]);
  const running = await leaseOne(engine);
  await engine.submit(waiting);
  expect(await lease(engine, 5)).toEqual([]);
  expect(await redis.zcard(`${base}mr:held`)).toBe(1);
  /** Stores what the shard has as the earlier version did. */
  const asFormer = async () => {
    await redis.rename(`${base}mr:budgets`, `${base}mr:limits`);
    await redis.rename(`${base}mr:held`, `${base}mr:parked`);
    await redis.rename(`${base}mr:held-classes:${KEY}`, `${base}mr:held:${KEY}`);
  };
  const end = () => engine.settle([{ ...running, kind: "complete", resultJson: "1" }]);
  const formerLanes = async () => [
    ...(await redis.keys(`${rootPrefix}:*mr:parked`)),
    ...(await redis.keys(`${rootPrefix}:*mr:held:*`)),
  ];
  const check = () => audit(redis, rootPrefix);
  return { engine, job, waiting, redis, base, asFormer, end, formerLanes, check };
}

test("before a shard is brought up to date, its budgets are in force", async () => {
  const { engine, job, asFormer } = await withHeldLane();
  await asFormer();
  await engine.submit([job(KEY, { priority: 1 })]);
  expect(await lease(engine, 5)).toEqual([]);
});

test("held lanes and budgets that an earlier version stored have their present names after the next sync", async () => {
  const { engine, waiting, asFormer, end, formerLanes, check } = await withHeldLane();
  await asFormer();
  // What the lane waits for happens before the sync.
  await end();
  expect(await lease(engine, 5)).toEqual([]);
  await engine.syncPolicy();
  expect(await formerLanes()).toEqual([]);
  await check();
  expect((await lease(engine, 5)).map(({ jobId }) => jobId)).toEqual([waiting[0]?.id]);
  expect(await engine.keyBudgets.get(KEY)).toEqual({ maxRunning: 1 });
  await check();
});

test("schedulers of an earlier version that still run have their budgets, which expire after the last sync of one", async () => {
  const { engine, redis, base, asFormer } = await withHeldLane();
  await asFormer();
  await engine.syncPolicy();
  const limits = `${base}mr:limits`;
  expect(await redis.hgetall(limits)).toEqual(await redis.hgetall(`${base}mr:budgets`));
  expect(await redis.pttl(limits)).toBeGreaterThan(0);
  await redis.persist(limits);
  await engine.syncPolicy();
  expect(await redis.pttl(limits)).toBeGreaterThan(0);
});

test("a lane does not wait for a job that a scheduler of an earlier version has settled", async () => {
  const { engine, waiting, redis, base, end, check } = await withHeldLane();
  await redis.copy(`${base}mr:budgets`, `${base}mr:limits`);
  // That scheduler does not know the lane, so it does not release it.
  await redis.rename(`${base}mr:held`, `${base}unknown`);
  await end();
  await redis.rename(`${base}unknown`, `${base}mr:held`);
  expect(await lease(engine, 5)).toEqual([]);
  await engine.syncPolicy();
  expect((await lease(engine, 5)).map(({ jobId }) => jobId)).toEqual([waiting[0]?.id]);
  await check();
});

test.each([0, 1])(
  "a lane that lost its jobs before the sync is right if it has %i jobs again",
  async (count) => {
    const { engine, job, waiting, asFormer, end, formerLanes, check } = await withHeldLane();
    await asFormer();
    for (const { id } of waiting) await engine.cancel(id, "the test wants it");
    const later = Array.from({ length: count }, () => job(KEY));
    await engine.submit(later);
    await engine.syncPolicy();
    expect(await formerLanes()).toEqual([]);
    await check();
    await end();
    expect((await lease(engine, 5)).map(({ jobId }) => jobId)).toEqual(later.map(({ id }) => id));
    await check();
  },
);
