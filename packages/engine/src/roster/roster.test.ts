import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { setup } from "../../test/setup.ts";
import type { WorkerEntry } from "../index.ts";

const worker = (workerId: string): WorkerEntry => ({
  ...{ workerId, tokenName: "worker", sdk: "a/1", version: "2", address: "10.0.0.1:5" },
  ...{ queues: ["documents"], pools: ["gpu"], types: ["echo"], slots: 4, running: 1 },
  ...{ freeSlots: 3, sinceMs: 1, heardMs: 2, draining: false },
});
const published = (schedulerId: string, ...ids: string[]) => ({
  schedulerId,
  workers: ids.map(worker),
});

test("what schedulers publish is read until it is 15 seconds old, and removed after a minute", async () => {
  const { engine, time, url, rootPrefix } = await setup();
  const { roster } = engine;
  expect(await roster.read()).toEqual(new Map());
  await roster.publish("one/1", published("one", "w1"));
  await roster.publish("two/1", published("two", "w2", "w3"));
  await roster.publish("one/1", published("one", "w4"));
  expect((await roster.read()).get("one/1")).toMatchObject(published("one", "w4"));
  time.nowMs += 15_000;
  expect([...(await roster.read()).keys()].sort()).toEqual(["one/1", "two/1"]);
  await roster.publish("two/1", published("two"));
  time.nowMs += 1;
  expect([...(await roster.read()).keys()]).toEqual(["two/1"]);
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const kept = () => redis.hkeys(`${rootPrefix}:{registry}:roster`);
  expect(await kept()).toHaveLength(2);
  time.nowMs += 45_000;
  await roster.read();
  expect(await kept()).toEqual(["two/1"]);
});

test("a scheduler that stops takes its workers out, and values of other programs are skipped", async () => {
  const { engine, url, rootPrefix } = await setup();
  const { roster } = engine;
  await roster.publish("one/1", published("one", "w1"));
  await roster.withdraw("one/1");
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  for (const [name, text] of Object.entries({ a: "{", b: "7", c: '{"atMs":"x","workers":[]}' })) {
    await redis.hset(`${rootPrefix}:{registry}:roster`, name, text);
  }
  expect(await roster.read()).toEqual(new Map());
  expect(await redis.hlen(`${rootPrefix}:{registry}:roster`)).toBe(0);
});
