import type { KeyId, QueueName } from "@millrace/shared";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { setup } from "../../test/setup.ts";
import type { WebhookEndpoint } from "../index.ts";

const endpoint = (id: string, change: Partial<WebhookEndpoint> = {}): WebhookEndpoint => ({
  ...{ id, keyId: "aaaa" as KeyId, name: "", url: "https://example.com/hook", eventTypes: [] },
  ...{ includeResult: false, enabled: true, createdMs: 1, updatedMs: 1 },
  secrets: [{ sealed: "x", hint: "abcd", createdMs: 1 }],
  ...change,
});

async function world() {
  const parts = await setup({ shards: 3 });
  const redis = new Redis(parts.url);
  onTestFinished(() => redis.disconnect());
  const shards = [0, 1, 2].map((n) => `${parts.rootPrefix}:{documents:${n}}:documents:`);
  const subscribers = async (bases = shards) => {
    const all = await Promise.all(bases.map((base) => redis.hgetall(`${base}mr:subscribers`)));
    return Object.fromEntries(
      all.flatMap((hash) => Object.entries(hash).filter(([key]) => key !== "#")),
    );
  };
  return { ...parts, redis, shards, endpoints: parts.engine.webhookEndpoints, subscribers };
}

test("endpoints are listed by key, oldest first, and found by id", async () => {
  const { endpoints } = await world();
  const [one, two, other] = [
    ...[endpoint("we_1", { name: "a" }), endpoint("we_2", { name: "b" })],
    endpoint("we_3", { keyId: "bbbb" as KeyId, name: "a" }),
  ] as const;
  for (const each of [one, two, other]) {
    expect(await endpoints.create(each, 2)).toEqual({ kind: "CREATED" });
  }
  expect(await endpoints.list(one.keyId)).toEqual([one, two]);
  expect(await endpoints.get("we_3")).toEqual(other);
  expect(await endpoints.get("we_4")).toBeUndefined();
  expect(await endpoints.create(endpoint("we_5", { name: "b" }), 9)).toEqual({
    kind: "NAME_TAKEN",
  });
  expect(await endpoints.create(endpoint("we_6"), 2)).toEqual({ kind: "FULL" });
  expect(await endpoints.get("we_6")).toBeUndefined();
  expect(await endpoints.create(one, 2)).toEqual({ kind: "CREATED" });
  expect(await endpoints.list(one.keyId)).toEqual([one, two]);
});

test("a shard knows what its keys subscribe to when the answer arrives, and only enabled endpoints count", async () => {
  const { endpoints, subscribers } = await world();
  await endpoints.create(endpoint("we_1", { eventTypes: ["job.failed", "group.*"] }), 9);
  expect(await subscribers()).toEqual({ aaaa: "group.* job.failed" });
  await endpoints.create(endpoint("we_2", { includeResult: true }), 9);
  expect(await subscribers()).toEqual({ aaaa: "* group.* job.failed +result" });
  await endpoints.change("we_2", (before) => ({ ...before, enabled: false }));
  expect(await subscribers()).toEqual({ aaaa: "group.* job.failed" });
  expect(await endpoints.delete("we_1")).toBe(true);
  expect(await subscribers()).toEqual({});
  expect(await endpoints.delete("we_1")).toBe(false);
});

test("a repeated creation copies to the shards what the first one did not", async () => {
  const { endpoints, redis, shards, subscribers } = await world();
  await endpoints.create(endpoint("we_1"), 9);
  for (const base of shards) await redis.del(`${base}mr:subscribers`);
  expect(await endpoints.create(endpoint("we_1"), 9)).toEqual({ kind: "CREATED" });
  expect(await subscribers()).toEqual({ aaaa: "*" });
});

test("concurrent changes of a key's endpoints are all kept", async () => {
  const { endpoints, another, subscribers } = await world();
  const others = (await another()).webhookEndpoints;
  const made = Array.from({ length: 12 }, (_, n) =>
    endpoint(`we_${n}`, { eventTypes: [`job.x${n}`] }),
  );
  await Promise.all(made.map((one, n) => (n % 2 === 0 ? endpoints : others).create(one, 50)));
  const ids = (await endpoints.list("aaaa" as KeyId)).map(({ id }) => id);
  expect(ids.sort()).toEqual(made.map(({ id }) => id).sort());
  const types = (await subscribers()).aaaa?.split(" ").sort();
  expect(types).toEqual(made.flatMap(({ eventTypes }) => eventTypes).sort());
});

test("an edit sees the key's other endpoints, also those that change at the same time", async () => {
  const { endpoints, another } = await world();
  const others = (await another()).webhookEndpoints;
  for (const id of ["we_1", "we_2"]) await endpoints.create(endpoint(id), 9);
  const rename = (registry: typeof endpoints, id: string) =>
    registry.change(id, (before, rest) =>
      rest.some(({ name }) => name === "shop") ? before : { ...before, name: "shop" },
    );
  await Promise.all([rename(endpoints, "we_1"), rename(others, "we_2")]);
  const names = (await endpoints.list("aaaa" as KeyId)).map(({ name }) => name);
  expect(names.filter((name) => name === "shop")).toHaveLength(1);
});

test("an edit that changes nothing writes nothing, and one that throws changes nothing", async () => {
  const { endpoints, redis, rootPrefix } = await world();
  const one = endpoint("we_1");
  await endpoints.create(one, 9);
  const stored = () => redis.hgetall(`${rootPrefix}:{registry}:webhooks`);
  const before = await stored();
  expect(await endpoints.change("we_1", (same) => same)).toEqual(one);
  const fault = new Error("no");
  await expect(
    endpoints.change("we_1", () => {
      throw fault;
    }),
  ).rejects.toBe(fault);
  expect(await stored()).toEqual(before);
  // A change that alters no subscription is not counted, so no shard is written.
  const failing = await endpoints.change("we_1", (was) => ({ ...was, failingSinceMs: 5 }));
  expect(failing).toEqual({ ...one, failingSinceMs: 5 });
  expect((await stored())["*"]).toBe(before["*"]);
});

test("what a crash left undone is copied to the shards by syncPolicy, and a new queue gets all", async () => {
  const { endpoints, engine, redis, rootPrefix, shards, subscribers } = await world();
  await endpoints.create(endpoint("we_1"), 9);
  // As if the scheduler had died between the registry and the shards, twice.
  const registry = `${rootPrefix}:{registry}:webhooks`;
  const text = JSON.stringify({ endpoints: [endpoint("we_9", { keyId: "bbbb" as KeyId })] });
  await redis.hset(registry, "bbbb", text, "*", "7");
  await engine.syncPolicy();
  expect(await subscribers()).toEqual({ aaaa: "*", bbbb: "*" });
  for (const base of shards) await redis.del(`${base}mr:subscribers`);
  await endpoints.create(endpoint("we_2", { keyId: "cccc" as KeyId }), 9);
  expect(await subscribers()).toEqual({ aaaa: "*", bbbb: "*", cccc: "*" });
  const later = "later" as QueueName;
  await engine.defineQueue({ name: later });
  expect(await subscribers([`${rootPrefix}:{later:0}:later:`])).toEqual({
    ...{ aaaa: "*", bbbb: "*", cccc: "*" },
  });
});

test("the secrets of a key's callbacks are made once, and kept without endpoints", async () => {
  const { endpoints } = await world();
  const keyId = "aaaa" as KeyId;
  const made = { sealed: "s1", hint: "1", createdMs: 1 };
  expect(await endpoints.callbackSecrets(keyId)).toEqual([]);
  const both = await Promise.all([
    endpoints.callbackSecrets(keyId, made),
    endpoints.callbackSecrets(keyId, { ...made, sealed: "s2" }),
  ]);
  expect(both[0]).toEqual(both[1]);
  await endpoints.create(endpoint("we_1"), 9);
  await endpoints.delete("we_1");
  expect(await endpoints.callbackSecrets(keyId)).toEqual(both[0]);
  const rotated = await endpoints.changeCallbackSecrets(keyId, ([former]) => [
    { ...made, sealed: "s3" },
    { ...(former ?? made), expiresMs: 9 },
  ]);
  expect(await endpoints.ofKeys([keyId, "bbbb" as KeyId])).toEqual([
    { endpoints: [], callbackSecrets: rotated },
    { endpoints: [], callbackSecrets: [] },
  ]);
});
