import type { KeyId } from "@millrace/shared";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { leaseOne, queue, setup } from "../../test/setup.ts";
import { type Engine, fairBackend, type OutboxEntry } from "../index.ts";

const keyId = "aaaa" as KeyId;
const shard = { queue, shard: 0 };
const reading = { holder: "s1", holdMs: 2_000, count: 100 };
const failure = { reason: "BAD", message: "it broke", retryable: false };

async function world() {
  const parts = await setup();
  const { engine, job, url, rootPrefix } = parts;
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  await engine.webhookEndpoints.create(
    {
      ...{ id: "we_1", keyId, name: "", url: "https://r.example/", eventTypes: [] },
      ...{ includeResult: true, enabled: true, createdMs: 1, updatedMs: 1, secrets: [] },
    },
    5,
  );
  const base = `${rootPrefix}:{${queue}:0}:${queue}:`;
  const end = async (count: number) => {
    for (let at = 0; at < count; at += 1) {
      await engine.submit([job("aaaa")]);
      await engine.settle([{ ...(await leaseOne(engine)), kind: "complete", resultJson: "1" }]);
    }
  };
  return { ...parts, redis, base, end };
}

async function readOf(engine: Engine, list?: string) {
  const from = list === undefined ? {} : { list };
  const read = await engine.outbox.read(shard, { ...reading, ...from });
  if (read.kind === "held") throw new Error("held");
  return read;
}

const subjects = (entries: readonly OutboxEntry[]) => entries.map(({ subjectId }) => subjectId);
const only = (entries: readonly OutboxEntry[]): OutboxEntry => {
  const [entry] = entries;
  if (entry === undefined) throw new Error("there is no entry");
  return entry;
};

test("entries that are set aside wait in a list until it is due, and are no longer among the new ones", async () => {
  const { engine, time, end } = await world();
  await end(3);
  const { entries } = await readOf(engine);
  const [first, second, third] = entries as [OutboxEntry, OutboxEntry, OutboxEntry];
  const aside = [first, third].map((entry) => ({ entry, to: "aaaa" }));
  const move = { done: [], aside, dueMs: time.nowMs + 1_000 };
  await engine.outbox.takeOut(shard, move);
  // The reply was lost, and the call is repeated.
  await engine.outbox.takeOut(shard, move);
  expect(await engine.outbox.length(queue)).toEqual({ fresh: 1, setAside: 2 });
  time.nowMs += 999;
  expect(await readOf(engine)).toMatchObject({ entries: [second], dueLists: [] });
  time.nowMs += 1;
  expect((await readOf(engine)).dueLists).toEqual(["aaaa"]);
  const waiting = (await readOf(engine, "aaaa")).entries;
  expect(subjects(waiting)).toEqual(subjects([first, third]));
  expect(waiting.map(({ asideMs }) => asideMs)).toEqual([time.nowMs - 1_000, time.nowMs - 1_000]);
  // One is delivered, and the list is tried again later.
  const [one, other] = waiting as [OutboxEntry, OutboxEntry];
  const later = { list: "aaaa", done: [one], aside: [{ entry: other, to: "aaaa" }] };
  await engine.outbox.takeOut(shard, { ...later, dueMs: time.nowMs + 5_000 });
  expect((await readOf(engine)).dueLists).toEqual([]);
  time.nowMs += 5_000;
  expect((await readOf(engine)).dueLists).toEqual(["aaaa"]);
  expect((await readOf(engine, "aaaa")).entries).toEqual([other]);
  await engine.outbox.takeOut(shard, { list: "aaaa", done: [other], aside: [], dueMs: 0 });
  await engine.outbox.takeOut(shard, { done: [second], aside: [], dueMs: 0 });
  expect(await engine.outbox.length(queue)).toEqual({ fresh: 0, setAside: 0 });
  expect((await readOf(engine)).dueLists).toEqual([]);
  expect(await engine.audit()).toEqual([]);
});

test("entries count in the stored bytes of their key until they are taken out", async () => {
  const { engine, redis, base, time, end, job } = await world();
  const stored = async () => Number((await redis.hget(`${base}mr:stored`, "aaaa")) ?? 0);
  await end(1);
  const { bytes } = only((await readOf(engine)).entries);
  expect(bytes).toBeGreaterThan(256);
  const before = await stored();
  expect(await engine.audit()).toEqual([]);
  const entry = only((await readOf(engine)).entries);
  const aside = [{ entry, to: "aaaa" }];
  await engine.outbox.takeOut(shard, { done: [], aside, dueMs: time.nowMs });
  expect(await stored()).toBe(before);
  expect(await engine.audit()).toEqual([]);
  const moved = only((await readOf(engine, "aaaa")).entries);
  await engine.outbox.takeOut(shard, { list: "aaaa", done: [moved], aside: [], dueMs: 0 });
  expect(await stored()).toBe(before - bytes);
  // A key whose webhooks cannot be queued is refused at the bound of its stored bytes.
  await end(1);
  await engine.keyBudgets.set(keyId, { maxStoredBytes: await stored() });
  const [outcome] = await engine.submit([job("aaaa")]);
  expect(outcome).toMatchObject({ kind: "storedBytesFull" });
  expect(await engine.audit()).toEqual([]);
});

test("what operators are told of, and what BullMQ's scripts end, counts too", async () => {
  const { engine, job, url, rootPrefix } = await world();
  await engine.webhookEndpoints.create(
    {
      ...{ id: "we_2", keyId: "operator" as KeyId, name: "", url: "https://o.example/" },
      ...{ eventTypes: ["job.dead_lettered"], includeResult: false, enabled: true },
      ...{ createdMs: 1, updatedMs: 1, secrets: [] },
    },
    5,
  );
  await engine.submit([job("bbbb")]);
  await engine.settle([{ ...(await leaseOne(engine)), kind: "fail", state: "FAILED", failure }]);
  expect(await engine.outbox.length(queue)).toEqual({ fresh: 1, setAside: 0 });
  expect(await engine.audit()).toEqual([]);
  const { withBackend } = await import("bullmq");
  const { bullPrefix } = await import("../index.ts");
  const { Worker } = withBackend(fairBackend());
  const connection = { connection: { url }, prefix: bullPrefix(queue, 0, rootPrefix) };
  await engine.submit([job("aaaa")]);
  const worker = new Worker(queue, async () => 1, { ...connection, autorun: false });
  onTestFinished(() => worker.close());
  const ended = new Promise((resolve) => worker.once("completed", resolve));
  void worker.run();
  await ended;
  expect(await engine.outbox.length(queue)).toEqual({ fresh: 2, setAside: 0 });
  expect(await engine.audit()).toEqual([]);
});

test("an id names one entry, though the clock is set back after the outbox was empty", async () => {
  const { engine, end } = await world();
  await end(1);
  const first = only((await readOf(engine)).entries);
  await engine.outbox.takeOut(shard, { done: [first], aside: [], dueMs: 0 });
  await end(1);
  const second = only((await readOf(engine)).entries);
  const time = ({ entryId }: OutboxEntry) => entryId.split("-").map(Number) as [number, number];
  const [[firstMs, firstSeq], [secondMs, secondSeq]] = [time(first), time(second)];
  expect(secondMs > firstMs || (secondMs === firstMs && secondSeq > firstSeq)).toBe(true);
  // A scheduler that is late takes the first one out again, and no other.
  await engine.outbox.takeOut(shard, { done: [first], aside: [], dueMs: 0 });
  expect((await readOf(engine)).entries).toEqual([second]);
});

test("the audit finds a list that is never tried, one without entries, and wrong bytes, and repairs them", async () => {
  const { engine, redis, base, time, end } = await world();
  await end(1);
  const entry = only((await readOf(engine)).entries);
  await engine.outbox.takeOut(shard, { done: [], aside: [{ entry, to: "aaaa" }], dueMs: 9e12 });
  await redis.zrem(`${base}mr:outbox-aside`, "aaaa");
  await redis.zadd(`${base}mr:outbox-aside`, 1, "bbbb");
  await redis.hincrby(`${base}mr:stored`, "aaaa", 7);
  const findings = await engine.audit();
  expect(findings.map(({ problem }) => problem).sort()).toEqual([
    expect.stringMatching(/bytes are stored/),
    expect.stringMatching(/entries for bbbb are tried, but there are none/),
    expect.stringMatching(/set aside for aaaa are never tried again/),
  ]);
  for await (const { done } of engine.repair(findings)) expect(done).toMatch(/now/);
  expect(await engine.audit()).toEqual([]);
  expect((await readOf(engine)).dueLists).toEqual(["aaaa"]);
  // An entry that was set aside is a finding only when it should have been dropped.
  time.nowMs += 25 * 3_600_000;
  expect(await engine.audit()).toEqual([]);
  time.nowMs += 1;
  expect(await engine.audit()).toMatchObject([{ problem: expect.stringMatching(/within a day/) }]);
});
