import { type KeyId, newGroupId, type QueueName, systemRandom } from "@millrace/shared";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { queue, setup } from "../../test/setup.ts";
import { modelsKey, shardAt } from "../redis/keys.ts";
import type { Model } from "./contract.ts";
import { nearestNames } from "./nearest-names.ts";

const gpt = {
  name: "gpt-5",
  routes: [
    { account: "openai", model: "gpt-5-2026" },
    { account: "azure/east", model: "gpt 5 (east)", price: { inputMicros: 1, outputMicros: 2 } },
  ],
  aliases: ["smart"],
  contextTokens: 400_000,
  maxOutputTokens: 128_000,
  price: { inputMicros: 1_250_000, cachedInputMicros: 125_000, outputMicros: 10_000_000 },
} satisfies Model;
const mini = { name: "gpt-5-mini", routes: [{ account: "openai", model: "mini" }] } satisfies Model;

/** The routes that each shard of the queues has, by model. */
async function setupCopies(shards: number, queues: readonly string[] = [queue]) {
  const parts = await setup({ shards });
  const redis = new Redis(parts.url);
  onTestFinished(() => redis.disconnect());
  const copies = async () =>
    Promise.all(
      queues.flatMap((name) =>
        Array.from({ length: shards }, async (_, index) => {
          const shard = shardAt(parts.rootPrefix, name as QueueName, index);
          const { "*": _version, ...models } = await redis.hgetall(modelsKey(shard));
          return models;
        }),
      ),
    );
  return { ...parts, redis, copies };
}

test("a model is stored as it was given, listed by name, changed and removed", async () => {
  const { engine } = await setup();
  const { models } = engine;
  expect(await models.get("gpt-5")).toBeUndefined();
  expect(await models.put(mini)).toEqual({ kind: "stored", model: mini });
  expect(await models.put(gpt)).toEqual({ kind: "stored", model: gpt });
  expect(await models.get("gpt-5")).toEqual(gpt);
  expect(await models.list()).toEqual([gpt, mini]);
  await models.put({ ...gpt, routes: [{ account: "azure/east", model: "x" }] });
  expect((await models.get("gpt-5"))?.routes).toEqual([{ account: "azure/east", model: "x" }]);
  expect(await models.remove("gpt-5")).toBe(true);
  expect(await models.remove("gpt-5")).toBe(false);
  expect(await models.list()).toEqual([mini]);
});

test("a model is replaced only if it still is what was read", async () => {
  const { engine } = await setup();
  const { models } = engine;
  expect(await models.replace(gpt, gpt)).toEqual({ kind: "changed" });
  expect(await models.replace(undefined, gpt)).toEqual({ kind: "stored", model: gpt });
  expect(await models.replace(undefined, gpt)).toEqual({ kind: "changed" });
  const changed = { ...gpt, aliases: [] };
  expect(await models.replace(gpt, changed)).toEqual({ kind: "stored", model: changed });
  expect(await models.replace(gpt, changed)).toEqual({ kind: "changed" });
});

test("a name belongs to one model, as its name or as an alias", async () => {
  const { engine } = await setup();
  await engine.models.put(gpt);
  const taken = (name: string) => ({ kind: "nameTaken", name, by: "gpt-5" });
  expect(await engine.models.put({ ...mini, name: "smart" })).toEqual(taken("smart"));
  expect(await engine.models.put({ ...mini, aliases: ["gpt-5"] })).toEqual(taken("gpt-5"));
  expect(await engine.models.put({ ...mini, aliases: ["smart"] })).toEqual(taken("smart"));
  expect(await engine.models.list()).toEqual([gpt]);
});

const two = { account: "a", model: "m" };
test.each<[string, Partial<Model>]>([
  ["name", { name: "" }],
  ["name", { name: "*" }],
  ["name", { name: "a|b" }],
  ["name", { name: "a".repeat(101) }],
  ["routes", { routes: [] }],
  ["routes.account", { routes: [two, { ...two, model: "n" }] }],
  ["routes.account", { routes: [{ account: "A b", model: "m" }] }],
  ["routes.model", { routes: [{ account: "a", model: "m\nb n" }] }],
  ["aliases", { aliases: ["x", "x"] }],
  ["aliases", { aliases: ["gpt-5"] }],
  ["aliases", { aliases: ["a b"] }],
  ["contextTokens", { contextTokens: 0 }],
  ["maxOutputTokens", { maxOutputTokens: 1.5 }],
  ["price.inputMicros", { price: { inputMicros: -1, outputMicros: 0 } }],
  ["price.outputMicros", { routes: [{ ...two, price: { inputMicros: 0, outputMicros: 0.5 } }] }],
])("a model that breaks a rule is refused, with the field: %s", async (field, change) => {
  const { engine } = await setup();
  await expect(engine.models.put({ ...gpt, ...change })).rejects.toThrow(
    new RegExp(`: ${field.replace(".", "\\.")} must be`),
  );
  expect(await engine.models.list()).toEqual([]);
});

test("every shard has the routes, also one that missed a change, and one of a new queue", async () => {
  const { engine, another, redis, copies, rootPrefix } = await setupCopies(2, [queue, "images"]);
  const text = "openai 1250000,125000,10000000 gpt-5-2026\nazure/east 1,1,2 gpt 5 (east)";
  await engine.models.put(gpt);
  expect((await copies()).slice(0, 2)).toEqual([{ "gpt-5": text }, { "gpt-5": text }]);
  await engine.defineQueue({ name: "images" as QueueName, shards: 2 });
  expect(await copies()).toEqual(Array(4).fill({ "gpt-5": text }));
  // A shard that has missed a change is sent all models with the next one.
  await redis.hset(modelsKey(shardAt(rootPrefix, queue, 1)), { "*": 1, old: "x y" });
  await (await another()).models.put(mini);
  expect(await copies()).toEqual(Array(4).fill({ "gpt-5": text, "gpt-5-mini": "openai - mini" }));
  await engine.models.remove("gpt-5");
  expect(await copies()).toEqual(Array(4).fill({ "gpt-5-mini": "openai - mini" }));
  await redis.del(modelsKey(shardAt(rootPrefix, queue, 0)));
  await engine.syncPolicy();
  expect(await copies()).toEqual(Array(4).fill({ "gpt-5-mini": "openai - mini" }));
});

test("a job names a model or an alias; an unknown name is refused with the nearest names", async () => {
  const { engine, job } = await setup();
  await engine.models.put(gpt);
  await engine.models.put(mini);
  const [byName, byAlias] = [job("aaaa", { model: "gpt-5" }), job("aaaa", { model: "smart" })];
  const outcomes = await engine.submit([
    ...[byName, byAlias, job("aaaa", { model: "gtp-5" }), job("aaaa")],
    ...[job("aaaa", { model: "gpt-5", pool: "gpu" }), job("aaaa", { pool: "=gpt-5" })],
  ]);
  expect(outcomes).toEqual([
    { kind: "accepted" },
    { kind: "accepted" },
    { kind: "unknownModel", model: "gtp-5", nearest: ["gpt-5"] },
    { kind: "accepted" },
    { kind: "invalid", argument: "pool" },
    { kind: "invalid", argument: "pool" },
  ]);
  const records = await engine.getJobs([byName.id, byAlias.id], "summary");
  expect(records.map((record) => record?.model)).toEqual(["gpt-5", "gpt-5"]);
});

test("a name that another engine has just stored is found, and one that it removed for a second more", async () => {
  const { engine, another, time } = await setup();
  const other = await another();
  expect(await other.models.lookUp("smart")).toEqual({ kind: "notFound", nearest: [] });
  await engine.models.put(gpt);
  expect(await engine.models.lookUp("smart")).toEqual({ kind: "found", model: gpt });
  expect(await other.models.lookUp("smart")).toEqual({ kind: "found", model: gpt });
  await engine.models.remove(gpt.name);
  expect(await other.models.lookUp("smart")).toEqual({ kind: "found", model: gpt });
  time.nowMs += 1_000;
  expect(await other.models.lookUp("smart")).toEqual({ kind: "notFound", nearest: [] });
});

test("a finalizer may name a model, and one that is unknown withdraws its group", async () => {
  const { engine, job, time } = await setup();
  await engine.models.put(gpt);
  const create = async (model: string) => {
    const id = newGroupId(queue, "aaaa" as KeyId, time.nowMs, systemRandom);
    const created = await engine.createGroup({
      ...{ id, rule: "all", maxInFlight: 0, keepSiblings: false, details: "{}" },
      ...{ createdAtMs: time.nowMs, deadlineMs: time.nowMs + 60_000 },
      finalizer: job("aaaa", { model }),
    });
    return created.kind === "refused" ? created.outcome : created.kind;
  };
  expect(await create("smart")).toBe("created");
  const refused = { kind: "unknownModel", model: "nothing-like-it", nearest: [] };
  expect(await create("nothing-like-it")).toEqual(refused);
});

test.each([
  ["gtp-5", ["gpt-5"]],
  ["GPT-5", ["gpt-5", "gpt-5-mini"]],
  ["claude", ["claude-opus-4-5-20251101"]],
  ["gemini", []],
])("the names nearest to %s", (name, nearest) => {
  const names = ["gpt-5", "gpt-5-mini", "claude-opus-4-5-20251101", "llama-3"];
  expect(nearestNames(name, names)).toEqual(nearest);
});
