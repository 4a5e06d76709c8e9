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
  /** Stores what the shard has as the earlier version did. `again`: a scheduler of that version still runs. */
  const asFormer = async (again: boolean) => {
    if (again) await redis.copy(`${base}mr:budgets`, `${base}mr:limits`);
    else await redis.rename(`${base}mr:budgets`, `${base}mr:limits`);
    await redis.rename(`${base}mr:held`, `${base}mr:parked`);
    await redis.rename(`${base}mr:held-classes:${KEY}`, `${base}mr:held:${KEY}`);
  };
  const end = () => engine.settle([{ ...running, kind: "complete", resultJson: "1" }]);
  const formerKeys = async () => [
    ...(await redis.keys(`${rootPrefix}:*mr:limits`)),
    ...(await redis.keys(`${rootPrefix}:*mr:parked`)),
    ...(await redis.keys(`${rootPrefix}:*mr:held:*`)),
  ];
  const check = () => audit(redis, rootPrefix);
  return { engine, job, waiting, asFormer, end, formerKeys, check };
}

test("before a shard is brought up to date, its budgets are in force", async () => {
  const { engine, job, asFormer } = await withHeldLane();
  await asFormer(false);
  await engine.submit([job(KEY, { priority: 1 })]);
  expect(await lease(engine, 5)).toEqual([]);
});

test.each([
  ["by an earlier version", false],
  ["by a scheduler of an earlier version that still runs", true],
])(
  "held lanes and budgets that were stored %s have their present names after the next sync",
  async (_, again) => {
    const { engine, waiting, asFormer, end, formerKeys, check } = await withHeldLane();
    await asFormer(again);
    // What the lane waits for happens before the sync.
    await end();
    expect(await lease(engine, 5)).toEqual([]);
    await engine.syncPolicy();
    expect(await formerKeys()).toEqual([]);
    await check();
    expect((await lease(engine, 5)).map(({ jobId }) => jobId)).toEqual([waiting[0]?.id]);
    expect(await engine.keyBudgets.get(KEY)).toEqual({ maxRunning: 1 });
    await check();
  },
);

test.each([
  ["is not made ready if it has none", 0],
  ["stays held if it got a job since and is held again", 1],
])("a lane that lost its jobs before the sync %s", async (_, count) => {
  const { engine, job, waiting, asFormer, end, formerKeys, check } = await withHeldLane();
  await asFormer(false);
  for (const { id } of waiting) await engine.cancel(id, "the test wants it");
  const later = Array.from({ length: count }, () => job(KEY));
  await engine.submit(later);
  expect(await lease(engine, 5)).toEqual([]);
  await engine.syncPolicy();
  expect(await formerKeys()).toEqual([]);
  await check();
  await end();
  expect((await lease(engine, 5)).map(({ jobId }) => jobId)).toEqual(later.map(({ id }) => id));
  await check();
});
