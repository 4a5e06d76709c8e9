import type { MessageInitShape } from "@bufbuild/protobuf";
import type { KeyBudgetSchema } from "@millrace/proto/admin-service";
import type { KeyId, QueueName } from "@millrace/shared";
import { expect, test } from "vitest";
import { setup } from "./admin-setup.ts";

type Budget = MessageInitShape<typeof KeyBudgetSchema>;

const whole: Budget = {
  requestsPerMinute: 60,
  tokensPerMinute: 90_000n,
  tokensPerDay: 1_000_000_000_000n,
  maxRunning: 8,
  maxQueued: 1_000,
  weight: 2.5,
};

test("holds a key to the budget that it was created with, and shows it", async () => {
  const { rpc, engine } = await setup();
  const { apiKey } = await rpc.createApiKey({ name: "shop", budget: whole });
  expect(apiKey?.budget).toMatchObject(whole);
  expect((await rpc.listApiKeys({})).apiKeys[0]?.budget).toMatchObject(whole);
  expect(await engine.keyBudgets.get(apiKey?.keyId as KeyId)).toEqual({
    ...{ requestsPerMinute: 60, tokensPerMinute: 90_000, tokensPerDay: 1e12 },
    ...{ maxRunning: 8, maxQueued: 1_000, weight: 2.5 },
  });
  const { keyId = "" } = apiKey ?? {};
  expect((await rpc.rotateApiKey({ keyId })).apiKey?.budget).toMatchObject(whole);
  expect((await rpc.revokeApiKey({ keyId })).apiKey?.budget).toMatchObject(whole);
});

test("replaces the whole budget with a change, and keeps it with a rename", async () => {
  const { rpc, newKey } = await setup();
  const { keyId } = await newKey();
  await rpc.updateApiKey({ keyId, budget: whole });
  const renamed = (await rpc.updateApiKey({ keyId, name: "market" })).apiKey;
  expect(renamed).toMatchObject({ name: "market", budget: whole });
  const changed = (await rpc.updateApiKey({ keyId, budget: { maxRunning: 1 } })).apiKey?.budget;
  expect(changed).toMatchObject({ maxRunning: 1 });
  expect(changed?.weight).toBeUndefined();
  const none = (await rpc.updateApiKey({ keyId, budget: {} })).apiKey?.budget;
  expect(none?.maxRunning).toBeUndefined();
});

test("obeys a changed budget in the next lease", async () => {
  const { rpc, engine, submit, newKey } = await setup();
  await rpc.putQueue({ queue: { name: "mail" } });
  const { keyId } = await newKey();
  await Promise.all([1, 2, 3].map(() => submit({ queue: "mail" }, keyId)));
  const leaseAll = async () => {
    const request = { count: 9, leaseMs: 1_000, workerId: "w" };
    return (await engine.lease({ queue: "mail" as QueueName, ...request })).leases.length;
  };
  await rpc.updateApiKey({ keyId, budget: { maxRunning: 1 } });
  expect(await leaseAll()).toBe(1);
  expect(await leaseAll()).toBe(0);
  await rpc.updateApiKey({ keyId, budget: { maxRunning: 2 } });
  expect(await leaseAll()).toBe(1);
  await rpc.updateApiKey({ keyId, budget: {} });
  expect(await leaseAll()).toBe(1);
});

test("stores no budget for a key that does not exist", async () => {
  const { rpc, engine } = await setup();
  await expect(rpc.updateApiKey({ keyId: "nobody", budget: whole })).rejects.toMatchObject({
    reason: "KEY_NOT_FOUND",
  });
  expect(await engine.keyBudgets.list()).toEqual(new Map());
});

const limits: [string, Budget, Budget][] = [
  ["requests_per_minute", { requestsPerMinute: 1 }, { requestsPerMinute: 0 }],
  ["requests_per_minute", { requestsPerMinute: 1e8 }, { requestsPerMinute: 1e8 + 1 }],
  ["tokens_per_minute", { tokensPerMinute: 1n }, { tokensPerMinute: 0n }],
  [
    "tokens_per_minute",
    { tokensPerMinute: 1_000_000_000_000n },
    { tokensPerMinute: 1_000_000_000_001n },
  ],
  ["tokens_per_day", { tokensPerDay: 1n }, { tokensPerDay: 0n }],
  ["tokens_per_day", { tokensPerDay: 1_000_000_000_000n }, { tokensPerDay: 1_000_000_000_001n }],
  ["max_running", { maxRunning: 1 }, { maxRunning: 0 }],
  ["max_running", { maxRunning: 1e6 }, { maxRunning: 1e6 + 1 }],
  ["max_queued", { maxQueued: 1 }, { maxQueued: 0 }],
  ["max_queued", { maxQueued: 1e8 }, { maxQueued: 1e8 + 1 }],
  ["max_priority", { maxPriority: 1 }, { maxPriority: 0 }],
  ["max_priority", { maxPriority: 100 }, { maxPriority: 101 }],
  ["max_stored_bytes", { maxStoredBytes: 1n }, { maxStoredBytes: 0n }],
  ["max_stored_bytes", { maxStoredBytes: 10n ** 14n }, { maxStoredBytes: 10n ** 14n + 1n }],
  ["weight", { weight: 0.01 }, { weight: 0.0099 }],
  ["weight", { weight: 100 }, { weight: 100.01 }],
  ["weight", { weight: 1 }, { weight: 0 }],
  ["weight", { weight: 1 }, { weight: -1 }],
  ["weight", { weight: 1 }, { weight: Number.NaN }],
  ["weight", { weight: 1 }, { weight: Number.POSITIVE_INFINITY }],
];

test.each(limits)("lets %s be %o, and refuses %o", async (field, right, wrong) => {
  const { rpc, newKey } = await setup();
  const { keyId } = await newKey();
  expect((await rpc.updateApiKey({ keyId, budget: right })).apiKey?.budget).toMatchObject(right);
  const refused = {
    reason: "MALFORMED",
    violations: expect.arrayContaining([expect.objectContaining({ field: `budget.${field}` })]),
  };
  await expect(rpc.updateApiKey({ keyId, budget: wrong })).rejects.toMatchObject(refused);
  await expect(rpc.createApiKey({ name: "a", budget: wrong })).rejects.toMatchObject(refused);
  expect((await rpc.listApiKeys({})).apiKeys[0]?.budget).toMatchObject(right);
});

test("refuses a day that allows less than a minute, and accepts one that allows as much", async () => {
  const { rpc, newKey } = await setup();
  const { keyId } = await newKey();
  const budget = (tokensPerDay: bigint) => ({ tokensPerMinute: 1_000n, tokensPerDay });
  await expect(rpc.updateApiKey({ keyId, budget: budget(999n) })).rejects.toMatchObject({
    message: expect.stringContaining("tokens_per_day must not be less than tokens_per_minute"),
  });
  await rpc.updateApiKey({ keyId, budget: budget(1_000n) });
});
