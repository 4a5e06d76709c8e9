import type { KeyId, QueueName } from "@millrace/shared";
import { seededRandom } from "@millrace/testing";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { queue, setup } from "../../test/setup.ts";
import { budgetsKey, registryKeys, shardAt, shardIndex } from "../redis/keys.ts";

const SHARDS = 3;
const keyOf = (n: number) => `k${String(n).padStart(4, "0")}` as KeyId;

async function world(keys: number) {
  const { engine, another, url, rootPrefix } = await setup({ shards: SHARDS });
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const registry = registryKeys(rootPrefix).keyBudgets;
  for (let n = 0; n < keys; n += 1) await engine.keyBudgets.set(keyOf(n), { maxRunning: n + 1 });
  /** What a shard holds, and what it should. */
  const held = async (index: number, name = queue) => {
    const { "*": version, ...budgets } = await redis.hgetall(
      budgetsKey(shardAt(rootPrefix, name, index)),
    );
    return { version: Number(version), budgets };
  };
  const expected = async (index: number) => {
    const { "*": version, ...budgets } = await redis.hgetall(registry);
    const here = Object.entries(budgets).filter(([key]) => shardIndex(key, SHARDS) === index);
    return { version: Number(version ?? 0) + 2, budgets: Object.fromEntries(here) };
  };
  const check = async (name = queue) => {
    for (let index = 0; index < SHARDS; index += 1)
      expect(await held(index, name)).toEqual(await expected(index));
  };
  /** Removes what a shard has, as a Redis of its own that was emptied. */
  const empty = (index: number) => redis.del(budgetsKey(shardAt(rootPrefix, queue, index)));
  const calls = async () => {
    const stats = await redis.info("commandstats");
    return [...stats.matchAll(/calls=(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  };
  return { engine, another, redis, registry, rootPrefix, check, held, empty, calls };
}

test.each([0, 1, 199, 200, 201, 450])("a new queue gets all of %i budgets", async (keys) => {
  const { engine, check } = await world(keys);
  const name = "later" as QueueName;
  await engine.defineQueue({ name, shards: SHARDS });
  await check();
  await check(name);
});

test("a shard that has lost its budgets gets them back, and the others keep theirs", async () => {
  const { engine, check, empty } = await world(450);
  await empty(1);
  await engine.syncPolicy();
  await check();
});

test("a change brings a shard that has missed others up to date, whoever made them", async () => {
  const { engine, another, check, empty } = await world(250);
  await empty(0);
  const other = await another();
  await other.keyBudgets.set(keyOf(7), undefined);
  await check();
  await engine.keyBudgets.set(keyOf(8), { maxRunning: 99 });
  await check();
});

test("a copy goes on where another one has ended half-way", async () => {
  const { engine, redis, rootPrefix, check, held } = await world(450);
  const shard = budgetsKey(shardAt(rootPrefix, queue, 2));
  const { budgets } = await held(2);
  // As after the first part: it has what was changed first.
  const later = Object.keys(budgets).filter((key) => key >= keyOf(200));
  await redis.hdel(shard, ...later);
  await redis.hset(shard, "*", 202);
  await engine.syncPolicy();
  await check();
});

test("changes of an earlier version, which notes no order, reach every shard", async () => {
  const { engine, redis, registry, check } = await world(250);
  await redis.hset(registry, keyOf(3), JSON.stringify({ maxRunning: 77 }), "new1", "5,,,,2");
  await redis.hdel(registry, keyOf(4));
  await redis.hincrby(registry, "*", 3);
  await engine.syncPolicy({ ifChanged: true });
  await redis.hset(registry, "new1", JSON.stringify({ weight: 5, maxRunning: 2 }));
  await check();
});

test("budgets that were removed before the order was noted do not stay in a shard", async () => {
  const { engine, redis, registry, check } = await world(20);
  await redis.del(`${registry}:changes`);
  await redis.hdel(registry, keyOf(5));
  await engine.keyBudgets.set(keyOf(6), { maxRunning: 1 });
  await check();
});

test("a look for changes costs the same for any number of budgets, if nothing has changed", async () => {
  const cost = async (keys: number) => {
    const { engine, calls } = await world(keys);
    await engine.syncPolicy();
    const before = await calls();
    await engine.syncPolicy({ ifChanged: true });
    return (await calls()) - before;
  };
  expect(await cost(300)).toBe(await cost(3));
});

test("a look without ifChanged finds a shard that has lost its budgets, although nothing has changed", async () => {
  const { engine, check, empty, held } = await world(10);
  await engine.syncPolicy();
  await empty(0);
  await engine.syncPolicy({ ifChanged: true });
  expect((await held(0)).budgets).toEqual({});
  await engine.syncPolicy();
  await check();
});

test("whatever several engines change and copy at once, and whatever shards lose, all end equal to the registry", async () => {
  const random = seededRandom(11);
  const { engine, another, check, empty } = await world(220);
  const engines = [engine, await another(), await another()];
  for (let round = 0; round < 12; round += 1) {
    const work = Array.from({ length: 12 }, async () => {
      const one = engines[Math.floor(random.next() * engines.length)] ?? engine;
      const dice = random.next();
      if (dice < 0.2) await empty(Math.floor(random.next() * SHARDS));
      else if (dice < 0.4) await one.syncPolicy();
      else {
        const budget = dice < 0.5 ? undefined : { maxRunning: 1 + Math.floor(dice * 100) };
        await one.keyBudgets.set(keyOf(Math.floor(random.next() * 240)), budget);
      }
    });
    await Promise.all(work);
  }
  for (const one of engines) await one.syncPolicy();
  await check();
});
