import { systemRandom } from "@millrace/shared";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { queue, setup } from "../../test/setup.ts";
import { accountBase, governedKey, shardAt } from "../redis/keys.ts";
import { F } from "../redis/stored-names.ts";
import { accountRegistry } from "./account-registry.ts";

const circuit = (index: number) => `webhook/we_${index}`;

/** As many circuits of webhook endpoints as a few failing callers make, and an account that an operator has declared. */
async function crowd(count = 600) {
  const { engine, url, rootPrefix } = await setup({ shards: 2 });
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  // As a replica leaves them that dies before it writes to any shard.
  const registry = accountRegistry(redis, rootPrefix, systemRandom);
  for (let index = 0; index < count; index += 1) await registry.put({ name: circuit(index) });
  await registry.put({ name: "acme/m", maxRunning: 3 });
  const opened = async () => {
    const names = await Promise.all(
      Array.from({ length: count }, (_, index) =>
        redis.exists(`${accountBase(rootPrefix, circuit(index))}mr:account`),
      ),
    );
    return names.filter((exists) => exists === 1).length;
  };
  const declared = () => redis.exists(`${accountBase(rootPrefix, "acme/m")}mr:account`);
  const governed = async (index: number) => {
    const key = governedKey(shardAt(rootPrefix, queue, index));
    const { [F.governed_version]: version, ...pools } = await redis.hgetall(key);
    return { key, version, pools: Object.keys(pools).sort() };
  };
  return { engine, redis, opened, declared, governed, count };
}

/** Redis returns a small hash at once, and a large one in parts. */
const crowds = [100, 600];

test.each(crowds)(
  "of %i circuits a sync does 25, besides all declared accounts, and the next ones do the others",
  async (count) => {
    const { engine, opened, declared } = await crowd(count);
    await engine.syncPolicy();
    expect(await declared()).toBe(1);
    const first = await opened();
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThanOrEqual(25);
    for (let sync = 1; sync < count / 10; sync += 1) await engine.syncPolicy();
    expect(await opened()).toBe(count);
  },
);

test.each(crowds)(
  "accounts are listed without circuits, and %i circuits in pages of 100",
  async (count) => {
    const { engine } = await crowd(count + 1);
    const { providerAccounts } = engine;
    expect(await providerAccounts.list()).toMatchObject([{ account: { name: "acme/m" } }]);
    const names = new Set<string>();
    let pages = 0;
    for (let from = "0"; pages === 0 || from !== "0"; pages += 1) {
      const { cursor, circuits } = await providerAccounts.circuits(from);
      expect(circuits.length).toBeLessThanOrEqual(100);
      for (const { account } of circuits) names.add(account.name);
      from = cursor;
    }
    expect(pages).toBeGreaterThan(1);
    expect(names.size).toBe(count + 1);
  },
);

test("a shard that has the version before gets a change alone, and one that is behind gets all accounts", async () => {
  const { engine, redis, governed, count } = await crowd();
  await engine.syncPolicy();
  const { key, pools } = await governed(0);
  expect(pools).toHaveLength(count + 1);
  // Only who writes all accounts finds this one.
  await redis.hdel(key, circuit(7));
  await engine.providerAccounts.put({ name: "acme/n" });
  expect((await governed(0)).pools).toEqual(
    [...pools, "acme/n"].sort().filter((one) => one !== circuit(7)),
  );
  await redis.hincrby(key, F.governed_version, -1);
  await engine.providerAccounts.delete("acme/n");
  expect((await governed(0)).pools).toEqual(pools);
  const [first, second] = [await governed(0), await governed(1)];
  expect(second).toEqual({ ...first, key: second.key });
});
