import { type JobId, type KeyId, newGroupId, type QueueName, systemRandom } from "@millrace/shared";
import { withBackend } from "bullmq";
import { expect, onTestFinished, test, vi } from "vitest";
import { LEASE_MS, leaseOne, queue, setup } from "../../test/setup.ts";
import {
  bullPrefix,
  type Engine,
  fairBackend,
  type OutboxEntry,
  type WebhookEndpoint,
} from "../index.ts";
import { OPERATOR_KEY } from "./contract.ts";

const keyId = "aaaa" as KeyId;
const failure = { reason: "BAD", message: "it broke", retryable: false };

export const endpoint = (change: Partial<WebhookEndpoint> = {}): WebhookEndpoint => ({
  ...{ id: "we_1", keyId, name: "", url: "https://example.com/hook", eventTypes: [] },
  ...{ includeResult: false, enabled: true, createdMs: 1, updatedMs: 1 },
  secrets: [{ sealed: "x", hint: "abcd", createdMs: 1 }],
  ...change,
});

const reading = { holder: "s1", holdMs: 2_000, count: 100 };

async function entriesOf(engine: Engine, shards = 1): Promise<readonly OutboxEntry[]> {
  const all: OutboxEntry[] = [];
  for (let shard = 0; shard < shards; shard += 1) {
    const read = await engine.outbox.read({ queue, shard }, reading);
    if (read.kind === "read") all.push(...read.entries);
  }
  return all;
}

const eventsOf = async (engine: Engine, shards?: number) =>
  (await entriesOf(engine, shards)).map(({ eventType, subjectId }) => [eventType, subjectId]);

async function subscribed(change: Partial<WebhookEndpoint> = {}, shards = 1) {
  const parts = await setup({ shards });
  await parts.engine.webhookEndpoints.create(endpoint(change), 50);
  return parts;
}

test("each way in which a job ends is recorded, for keys that subscribe and for no others", async () => {
  const { engine, job, time } = await subscribed();
  const [done, failed, stalled, cancelled] = [
    ...[job("aaaa", { labels: { team: "x" } }), job("aaaa"), job("aaaa", { maxAttempts: 1 })],
    job("aaaa", { runAtMs: time.nowMs + 5_000 }),
  ] as const;
  const late = job("aaaa", { expiresAtMs: time.nowMs + LEASE_MS });
  await engine.submit([done, failed, stalled, cancelled, job("bbbb", { priority: 1 })]);
  const others = await leaseOne(engine);
  await engine.settle([{ ...others, kind: "complete", resultJson: "1" }]);
  await engine.settle([{ ...(await leaseOne(engine)), kind: "complete", resultJson: '"r"' }]);
  await engine.settle([{ ...(await leaseOne(engine)), kind: "fail", state: "FAILED", failure }]);
  await leaseOne(engine);
  await engine.submit([late]);
  await engine.cancel(cancelled.id, "enough");
  time.nowMs += LEASE_MS + 1;
  await engine.reap(queue, 10);
  const entries = await entriesOf(engine);
  expect(entries.map(({ eventType, subjectId }) => [eventType, subjectId])).toEqual([
    ["job.succeeded", done.id],
    ["job.failed", failed.id],
    ["job.cancelled", cancelled.id],
    ["job.failed", stalled.id],
    ["job.expired", late.id],
  ]);
  expect(entries[0]).toMatchObject({
    ...{ kind: "job", keyId, type: "summarize", labels: { team: "x" }, attempt: 1, token: "1" },
    ...{ endedMs: 1_764_000_000_000, hasCallback: false },
  });
  expect(entries[0]).not.toHaveProperty("resultJson");
  expect(
    JSON.parse(String(entries[1] && "failureJson" in entries[1] && entries[1].failureJson)),
  ).toEqual(failure);
});

test("a job that expires at its turn is recorded", async () => {
  const { engine, job, time } = await subscribed();
  const late = job("aaaa", { expiresAtMs: time.nowMs + 1_000 });
  await engine.submit([late]);
  time.nowMs += 1_000;
  await engine.lease({ queue, count: 1, leaseMs: LEASE_MS, workerId: "w" });
  expect(await eventsOf(engine)).toEqual([["job.expired", late.id]]);
});

test("a job that a debounced one replaces is recorded as cancelled", async () => {
  const { engine, job } = await subscribed();
  const deduplication = { key: "d", mode: "debounce", windowMs: 5_000 } as const;
  const first = job("aaaa", { deduplication });
  await engine.submit([first]);
  await engine.submit([job("aaaa", { deduplication })]);
  expect(await eventsOf(engine)).toEqual([["job.cancelled", first.id]]);
});

test("only the types that a key subscribes to are recorded", async () => {
  const { engine, job } = await subscribed({ eventTypes: ["job.failed", "group.*"] });
  const [good, bad] = [job("aaaa"), job("aaaa")] as const;
  await engine.submit([good, bad]);
  await engine.settle([{ ...(await leaseOne(engine)), kind: "complete", resultJson: "1" }]);
  await engine.settle([{ ...(await leaseOne(engine)), kind: "fail", state: "FAILED", failure }]);
  const id = newGroupId(queue, keyId, 1, systemRandom);
  const group = { rule: "all", maxInFlight: 0, keepSiblings: false, createdAtMs: 1 } as const;
  await engine.createGroup({ ...group, id, deadlineMs: 2_000_000_000_000 });
  await engine.closeGroup(id);
  expect(await eventsOf(engine)).toEqual([
    ["job.failed", bad.id],
    ["group.succeeded", id],
  ]);
});

test("a group's entry has its counts, and its finalizer ends by itself", async () => {
  const { engine, job, time } = await subscribed();
  const id = newGroupId(queue, keyId, time.nowMs, systemRandom);
  const finalizer = job("aaaa");
  await engine.createGroup({
    ...{ id, rule: "all", maxInFlight: 0, keepSiblings: false, createdAtMs: 1, finalizer },
    ...{ deadlineMs: time.nowMs + 1e9, details: '{"labels":{"a":"b"}}' },
  });
  const child = job("aaaa", { group: { id } });
  await engine.submit([child]);
  await engine.closeGroup(id);
  await engine.settle([{ ...(await leaseOne(engine)), kind: "fail", state: "FAILED", failure }]);
  const entries = await entriesOf(engine);
  expect(entries.map(({ eventType }) => eventType)).toEqual([
    ...["job.failed", "job.failed", "group.failed"],
  ]);
  expect(entries[0]).toMatchObject({ subjectId: child.id, groupId: id });
  expect(entries[1]).toMatchObject({ subjectId: finalizer.id });
  expect(entries[2]).toMatchObject({
    ...{ kind: "group", subjectId: id, total: 1, failed: 1, succeeded: 0, keyId },
    ...{ finalizerId: finalizer.id, details: '{"labels":{"a":"b"}}' },
  });
});

test("a job or group with a callback is recorded, though its key subscribes to nothing", async () => {
  const { engine, job, time } = await setup();
  const one = job("aaaa", { callback: "result", details: '{"callback":{}}' });
  await engine.submit([one, job("aaaa")]);
  await engine.settle([{ ...(await leaseOne(engine)), kind: "complete", resultJson: '"r"' }]);
  await engine.settle([{ ...(await leaseOne(engine)), kind: "complete", resultJson: '"r"' }]);
  const id = newGroupId(queue, keyId, time.nowMs, systemRandom);
  await engine.createGroup({
    ...{ id, rule: "all", maxInFlight: 0, keepSiblings: false, createdAtMs: 1 },
    ...{ deadlineMs: time.nowMs + 1e9, callback: "end" },
  });
  await engine.closeGroup(id);
  const entries = await entriesOf(engine);
  expect(entries).toMatchObject([
    {
      ...{ subjectId: one.id, hasCallback: true, resultJson: '"r"' },
      details: '{"callback":{}}',
    },
    { subjectId: id, hasCallback: true },
  ]);
  expect(entries).toHaveLength(2);
});

test("a redriven job keeps its callback", async () => {
  const { engine, job } = await setup();
  await engine.submit([job("aaaa", { callback: "end" })]);
  await engine.settle([{ ...(await leaseOne(engine)), kind: "fail", state: "FAILED", failure }]);
  const { letters } = await engine.deadLetters.list({ queue }, 5);
  await engine.deadLetters.redrive(letters);
  const again = await leaseOne(engine);
  await engine.settle([{ ...again, kind: "complete", resultJson: "1" }]);
  expect(await eventsOf(engine)).toEqual([
    ["job.failed", letters[0]?.job.id],
    ["job.succeeded", again.jobId],
  ]);
});

test("a result is recorded if an endpoint asks for it and it has at most 20,000 bytes", async () => {
  const { engine, job } = await subscribed({ includeResult: true });
  await engine.submit([job("aaaa"), job("aaaa")]);
  const most = JSON.stringify("x".repeat(19_998));
  await engine.settle([{ ...(await leaseOne(engine)), kind: "complete", resultJson: most }]);
  const longer = JSON.stringify("x".repeat(19_999));
  await engine.settle([{ ...(await leaseOne(engine)), kind: "complete", resultJson: longer }]);
  const [first, second] = await entriesOf(engine);
  expect(first).toMatchObject({ resultJson: most });
  expect(second).not.toHaveProperty("resultJson");
});

test("a job that fails is recorded for operators, in every shard, and no other end is", async () => {
  const { engine, job } = await subscribed(
    { keyId: OPERATOR_KEY, eventTypes: ["job.dead_lettered"] },
    3,
  );
  const jobs = ["aaaa", "bbbb", "cccc"].map((key) => job(key));
  await engine.submit(jobs);
  for (const _ of jobs) {
    const held = await leaseOne(engine);
    await engine.settle([{ ...held, kind: "fail", state: "FAILED", failure }]);
  }
  await engine.submit([job("aaaa")]);
  await engine.settle([{ ...(await leaseOne(engine)), kind: "complete", resultJson: "1" }]);
  const entries = await entriesOf(engine, 3);
  expect(entries.every((entry) => entry.keyId === OPERATOR_KEY)).toBe(true);
  expect(entries.map(({ subjectId }) => subjectId).sort()).toEqual(jobs.map(({ id }) => id).sort());
});

test("nothing is recorded of jobs of an internal queue", async () => {
  const { engine, job } = await subscribed();
  const internal = "millrace-webhooks" as QueueName;
  await engine.defineQueue({ name: internal });
  const { id, ...rest } = job("aaaa");
  await engine.submit([{ ...rest, id: id.replace(queue, internal) as JobId }]);
  const request = { queue: internal, count: 1, leaseMs: LEASE_MS, workerId: "w" };
  const [held] = (await engine.lease(request)).leases;
  if (held === undefined) throw new Error("no job was next");
  await engine.settle([{ ...held, kind: "complete", resultJson: "1" }]);
  expect(await engine.outbox.length(internal)).toEqual({ fresh: 0, setAside: 0 });
});

test("what a plain BullMQ worker ends is recorded, whether the job is kept or not", async () => {
  const { engine, job, url, rootPrefix } = await subscribed({ includeResult: true });
  const { Worker } = withBackend(fairBackend());
  const [kept, removed, bad] = [job("aaaa"), job("aaaa"), job("aaaa", { maxAttempts: 1 })] as const;
  await engine.submit([kept, removed, bad]);
  const worker = new Worker(
    queue,
    async ({ id }) => {
      if (id === bad.id) throw new Error("no");
      return 7;
    },
    {
      connection: { url },
      prefix: bullPrefix(queue, 0, rootPrefix),
      removeOnComplete: { count: 1 },
    },
  );
  onTestFinished(() => worker.close());
  await vi.waitFor(
    async () => expect(await engine.outbox.length(queue)).toEqual({ fresh: 3, setAside: 0 }),
    { timeout: 20_000 },
  );
  const entries = await entriesOf(engine);
  expect(entries).toMatchObject([
    { eventType: "job.succeeded", subjectId: kept.id, resultJson: "7", type: "summarize" },
    { eventType: "job.succeeded", subjectId: removed.id, resultJson: "7", type: "summarize" },
    { eventType: "job.failed", subjectId: bad.id },
  ]);
});

test("an entry stays until it is taken out, and then nothing is left", async () => {
  const { engine, another, job, time } = await subscribed();
  await engine.submit([job("aaaa")]);
  await engine.settle([{ ...(await leaseOne(engine)), kind: "complete", resultJson: "1" }]);
  const shard = { queue, shard: 0 };
  const [entry] = await entriesOf(engine);
  expect(await entriesOf(engine)).toEqual([entry]);
  const other = await another();
  expect(await other.outbox.read(shard, { ...reading, holder: "s2" })).toEqual({
    ...{ kind: "held", untilMs: time.nowMs + 2_000 },
  });
  time.nowMs += 2_000;
  const read = await other.outbox.read(shard, { ...reading, holder: "s2" });
  expect(read).toEqual({ kind: "read", entries: [entry], dueLists: [] });
  if (entry === undefined) throw new Error("there is no entry");
  const move = { done: [entry], aside: [], dueMs: time.nowMs };
  await other.outbox.takeOut(shard, move);
  await other.outbox.takeOut(shard, move);
  expect(await engine.outbox.length(queue)).toEqual({ fresh: 0, setAside: 0 });
});

test("entries are read after an id, in order", async () => {
  const { engine, job } = await subscribed();
  await engine.submit([job("aaaa"), job("aaaa"), job("aaaa")]);
  for (let i = 0; i < 3; i += 1) {
    await engine.settle([{ ...(await leaseOne(engine)), kind: "complete", resultJson: "1" }]);
  }
  const all = await entriesOf(engine);
  const shard = { queue, shard: 0 };
  const after = { ...reading, afterId: all[0]?.entryId ?? "", count: 1 };
  expect(await engine.outbox.read(shard, after)).toEqual({
    ...{ kind: "read", entries: [all[1]], dueLists: [] },
  });
});

test("schedulers hear of new entries, with their shard", async () => {
  const { engine, another, job } = await subscribed();
  const news = vi.fn();
  await (await another()).outbox.onNews(news);
  await engine.submit([job("aaaa"), job("bbbb")]);
  await engine.settle([{ ...(await leaseOne(engine)), kind: "complete", resultJson: "1" }]);
  await engine.settle([{ ...(await leaseOne(engine)), kind: "complete", resultJson: "1" }]);
  await vi.waitFor(() => expect(news).toHaveBeenCalledWith({ queue, shard: 0 }), {
    timeout: 20_000,
  });
  expect(news).toHaveBeenCalledTimes(1);
});

test("for types of OpenAI's events, the ends of jobs that they tell of are recorded", async () => {
  const { engine, job } = await subscribed({ eventTypes: ["response.failed"] });
  const [done, failed] = [job("aaaa"), job("aaaa")];
  await engine.submit([done, failed]);
  await engine.settle([{ ...(await leaseOne(engine)), kind: "complete", resultJson: "1" }]);
  await engine.settle([{ ...(await leaseOne(engine)), kind: "fail", state: "FAILED", failure }]);
  expect(await eventsOf(engine)).toEqual([["job.failed", failed.id]]);
});
