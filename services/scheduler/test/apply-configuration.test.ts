import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ConfigurationSchema } from "@millrace/proto/admin-service";
import { formatApiKey, hashSecret, type KeyId } from "@millrace/shared";
import { expect, test } from "vitest";
import { setup } from "./admin-setup.ts";

type Configuration = MessageInitShape<typeof ConfigurationSchema>;

async function applying() {
  const parts = await setup();
  const { rpc } = parts;
  const apply = async (configuration: Configuration, dryRun = false) => {
    const { changes, notes } = await rpc.applyConfiguration({ configuration, dryRun });
    return { changes: changes.map(({ action, subject }) => `${action} ${subject}`), notes };
  };
  /** All that a configuration can change, and how often it was changed. */
  const everything = async () => ({
    keys: (await rpc.listApiKeys({})).apiKeys,
    queues: (await rpc.listQueues({})).queues,
    accounts: (await rpc.listProviderAccounts({})).accounts,
    models: (await rpc.listModels({})).models,
    changes: (await rpc.listChanges({})).changes.length,
  });
  return { ...parts, apply, everything };
}

const secret = "s".repeat(48);
const newKey = {
  ...{ keyId: "k7f3q2m9ab", name: "shop", secretSha256: hashSecret(secret).toString("hex") },
  budget: { maxRunning: 4 },
};
const whole: Configuration = {
  queues: [{ name: "mail", shards: 2, maxStalls: 9 }, { name: "documents" }],
  apiKeys: [newKey],
  providerAccounts: [{ name: "openai/gpt-5", tokensPerMinute: 200_000n }],
};

test("creates what is declared, limits first, and names it in the changes", async () => {
  const { apply, everything, opens, rpc } = await applying();
  expect(await apply(whole)).toEqual({
    changes: [
      "PutProviderAccount openai/gpt-5",
      "CreateApiKey k7f3q2m9ab",
      "PutQueue mail",
      "PutQueue documents",
    ],
    notes: [],
  });
  const { keys, queues, accounts } = await everything();
  expect(keys).toMatchObject([{ keyId: newKey.keyId, name: "shop", budget: { maxRunning: 4 } }]);
  expect(await opens(formatApiKey({ keyId: newKey.keyId as KeyId, secret }))).toBe(true);
  expect(queues.map(({ queue }) => queue)).toMatchObject([
    { name: "documents", shards: 1, maxStalls: 3 },
    { name: "mail", shards: 2, maxStalls: 9 },
  ]);
  expect(accounts).toMatchObject([{ account: whole.providerAccounts?.[0] }]);
  const { changes } = await rpc.listChanges({});
  expect(changes.map(({ actor, action }) => [actor, action])).toContainEqual([
    ...["anna", "CreateApiKey"],
  ]);
  expect(JSON.stringify(changes.map(({ detailJson }) => detailJson))).not.toContain(
    newKey.secretSha256,
  );
});

test("changes nothing if the same is declared again, and says so", async () => {
  const { apply, everything } = await applying();
  await apply(whole);
  const before = await everything();
  expect(await apply(whole)).toEqual({ changes: [], notes: [] });
  expect(await everything()).toEqual(before);
});

test("changes only what differs, and leaves alone what is not declared", async () => {
  const { apply, rpc, newKey: make } = await applying();
  await apply(whole);
  const { keyId } = await make("other");
  await rpc.updateApiKey({ keyId, budget: { weight: 2 } });
  const changed = await apply({
    queues: [{ name: "mail", maxStalls: 10 }],
    apiKeys: [
      { keyId, name: "market" },
      { keyId: newKey.keyId, budget: {} },
    ],
  });
  expect(changed.changes).toEqual([
    `UpdateApiKey ${keyId}`,
    `UpdateApiKey ${newKey.keyId}`,
    "PutQueue mail",
  ]);
  const keys = (await rpc.listApiKeys({})).apiKeys;
  expect(keys.find((key) => key.keyId === keyId)).toMatchObject({
    ...{ name: "market", budget: { weight: 2 } },
  });
  const shop = keys.find((key) => key.keyId === newKey.keyId);
  expect(shop?.name).toBe("shop");
  expect(shop?.budget?.maxRunning).toBeUndefined();
  const { queues } = await rpc.listQueues({});
  expect(queues.map(({ queue }) => [queue?.name, queue?.shards, queue?.maxStalls])).toEqual([
    ["documents", 1, 3],
    ["mail", 2, 10],
  ]);
  expect((await rpc.listProviderAccounts({})).accounts).toHaveLength(1);
});

test("reports in a dry run what would change, and changes nothing", async () => {
  const { apply, everything } = await applying();
  const before = await everything();
  expect((await apply(whole, true)).changes).toHaveLength(4);
  expect(await everything()).toEqual(before);
});

test("reports all errors and applies nothing if anything is wrong", async () => {
  const { apply, everything } = await applying();
  await apply({ queues: [{ name: "mail", shards: 2 }] });
  const before = await everything();
  const wrong: Configuration = {
    queues: [{ name: "fine" }, { name: "mail", shards: 3 }],
    apiKeys: [
      { keyId: "nobody" },
      { keyId: newKey.keyId, secretSha256: newKey.secretSha256 },
      { ...newKey, keyId: "abcd" },
    ],
    providerAccounts: [{ name: "fine" }],
  };
  await expect(apply(wrong)).rejects.toMatchObject({
    reason: "MALFORMED",
    violations: [
      {
        field: "configuration.api_keys[0].key_id",
        description: expect.stringContaining("there is no API key nobody"),
      },
      {
        field: "configuration.api_keys[1].name",
        description: `API key ${newKey.keyId} is new: declare its name`,
      },
      {
        field: "configuration.queues[1].shards",
        description: expect.stringContaining("queue mail has 2 shards"),
      },
    ],
  });
  expect(await everything()).toEqual(before);
});

test("refuses what is declared twice or breaks the contract, with its position", async () => {
  const { apply } = await applying();
  const twice = { providerAccounts: [{ name: "a" }, { name: "a" }] };
  await expect(apply(twice)).rejects.toMatchObject({
    violations: [{ field: "configuration.provider_accounts[1].name" }],
  });
  await expect(apply({ queues: [{ name: "Mail" }] })).rejects.toMatchObject({
    violations: [{ field: "configuration.queues[0].name" }],
  });
});

test("leaves the secret of an existing key alone, and notes if another one is declared", async () => {
  const { apply, rpc, opens } = await applying();
  const declared = { apiKeys: [newKey] };
  await apply(declared);
  const { keyId } = newKey;
  const { key: second } = await rpc.rotateApiKey({ keyId });
  expect(await apply(declared)).toEqual({ changes: [], notes: [] });
  await rpc.rotateApiKey({ keyId });
  const { changes, notes } = await apply(declared);
  expect({ changes, notes }).toEqual({
    ...{
      changes: [],
      notes: [expect.stringContaining("has another secret than the declared one")],
    },
  });
  expect(await opens(second)).toBe(true);
  await rpc.revokeApiKey({ keyId });
  expect((await apply(declared)).notes).toEqual([expect.stringContaining("is revoked for good")]);
});

test("lets replicas apply the same configuration at once, and loses nothing", async () => {
  const { apply, everything } = await applying();
  await Promise.all(Array.from({ length: 4 }, () => apply(whole)));
  const { keys, queues, accounts } = await everything();
  expect([keys.length, queues.length, accounts.length]).toEqual([1, 2, 1]);
  expect(await apply(whole)).toEqual({ changes: [], notes: [] });
});

test("notes that a schedule's expression is due each second, whether the schedule changes or not", async () => {
  const { apply } = await applying();
  const schedule = (cron: string) => ({
    ...whole,
    schedules: [
      {
        keyId: newKey.keyId,
        spec: {
          ...{ name: "tick", timing: { case: "cron" as const, value: cron } },
          job: { queue: "mail", type: "send" },
        },
      },
    ],
  });
  expect((await apply(schedule("*/10 * * * * *"))).notes).toEqual([]);
  const note =
    'schedule tick: cron: "* * * * * *" is due every 1 s. The first of six fields is the second: leave it out if you mean minutes';
  const [changed, again] = [
    await apply(schedule("* * * * * *")),
    await apply(schedule("* * * * * *")),
  ];
  expect(changed.changes).toHaveLength(1);
  expect(changed.notes).toEqual([note]);
  expect(again).toEqual({ changes: [], notes: [note] });
});

const model = (name: string, ...aliases: string[]) => ({
  ...{ name, aliases, routes: [{ account: "openai/main", model: name }] },
});

test("declares models after accounts, and moves an alias from one model to another", async () => {
  const { apply, rpc } = await applying();
  const account = { name: "openai/main" };
  const first = { models: [model("b"), model("a", "best")], providerAccounts: [account] };
  expect((await apply(first)).changes).toEqual([
    ...["PutProviderAccount openai/main", "PutModel b", "PutModel a"],
  ]);
  expect(await apply(first)).toEqual({ changes: [], notes: [] });
  const namesNow = async () =>
    (await rpc.listModels({})).models.map(({ model }) => [model?.name, ...(model?.aliases ?? [])]);
  // b comes first in the file, and takes the alias that a still has.
  const moved = { models: [model("b", "best"), model("a", "other")] };
  expect((await apply(moved)).changes).toEqual(["PutModel b", "PutModel a"]);
  expect(await namesNow()).toEqual([
    ["a", "other"],
    ["b", "best"],
  ]);
  await apply({ models: [model("b", "other"), model("a", "best")] });
  expect(await namesNow()).toEqual([
    ["a", "best"],
    ["b", "other"],
  ]);
});

test("refuses names and aliases that another model has, in the file or stored", async () => {
  const { apply, rpc } = await applying();
  await rpc.putModel({ model: model("stored", "kept") });
  const before = (await rpc.listModels({})).models;
  const cases: [string, NonNullable<Configuration["models"]>][] = [
    ["models[1].name", [model("a"), model("a")]],
    // A cycle of aliases.
    ["models[0].aliases[0]", [model("a", "b"), model("b", "a")]],
    ["models[0].name", [model("kept")]],
    ["models[0].aliases[1]", [model("a", "fine", "stored")]],
  ];
  for (const [field, models] of cases) {
    await expect(apply({ models })).rejects.toMatchObject({
      reason: "MALFORMED",
      violations: expect.arrayContaining([
        expect.objectContaining({ field: `configuration.${field}` }),
      ]),
    });
  }
  expect((await rpc.listModels({})).models).toEqual(before);
});

test("refuses a schedule whose model nothing defines", async () => {
  const { apply } = await applying();
  const spec = { name: "tick", timing: { case: "cron" as const, value: "0 6 * * *" } };
  const schedules = [
    { keyId: newKey.keyId, spec: { ...spec, job: { queue: "mail", type: "send", model: "best" } } },
  ];
  await expect(apply({ ...whole, schedules })).rejects.toMatchObject({
    violations: [{ field: "configuration.schedules[0].spec.job.model" }],
  });
  const { changes } = await apply({ ...whole, schedules, models: [model("a", "best")] });
  expect(changes).toContainEqual(expect.stringContaining("PutSchedule"));
});
