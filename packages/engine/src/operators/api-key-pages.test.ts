import type { KeyId } from "@millrace/shared";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { setup } from "../../test/setup.ts";
import { registryKeys } from "../redis/keys.ts";

async function world(names: readonly string[]) {
  const { engine, url, rootPrefix, time } = await setup();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const put = (name: string) =>
    engine.apiKeys.put({
      ...{ keyId: name as KeyId, name, secretHash: Buffer.alloc(32), createdMs: time.nowMs },
    });
  for (const name of names) await put(name);
  const idsOf = async (...page: Parameters<typeof engine.apiKeys.page>) =>
    (await engine.apiKeys.page(...page)).map(({ keyId }) => keyId);
  return { engine, redis, registry: registryKeys(rootPrefix), put, idsOf };
}

test("pages have the keys in the order of their ids, after one or from one on", async () => {
  const { idsOf, put } = await world(["dd", "aa", "cc"]);
  expect(await idsOf(2)).toEqual(["aa", "cc"]);
  expect(await idsOf(2, { after: "cc" })).toEqual(["dd"]);
  expect(await idsOf(9, { at: "cc" })).toEqual(["cc", "dd"]);
  await put("bb");
  expect(await idsOf(9, { after: "aa" })).toEqual(["bb", "cc", "dd"]);
  expect(await idsOf(9, { at: "b" })).toEqual(["bb", "cc", "dd"]);
  expect(await idsOf(9, { after: "dd" })).toEqual([]);
});

test("there is nothing to read before the first key", async () => {
  const { idsOf } = await world([]);
  expect(await idsOf(9)).toEqual([]);
});

test("keys that an earlier version has stored are in the pages, with those that were stored since", async () => {
  const { engine, redis, registry, idsOf, put } = await world(["bb"]);
  await redis.del(registry.apiKeyNames);
  const text = String(await redis.hget(registry.apiKeys, "bb"));
  await redis.hset(registry.apiKeys, "aa", text.replaceAll('"bb"', '"aa"'));
  await put("cc");
  expect(await idsOf(9)).toEqual(["aa", "bb", "cc"]);
  expect((await engine.apiKeys.list()).map(({ keyId }) => keyId)).toEqual(["aa", "bb", "cc"]);
});

test("the budgets of some keys are read, and of those that have none nothing", async () => {
  const { engine } = await world(["aa", "bb"]);
  const [aa, bb] = ["aa", "bb"] as KeyId[] as [KeyId, KeyId];
  await engine.keyBudgets.set(aa, { maxRunning: 3 });
  expect(await engine.keyBudgets.getAll([bb, aa])).toEqual(new Map([[aa, { maxRunning: 3 }]]));
  expect(await engine.keyBudgets.getAll([])).toEqual(new Map());
});
