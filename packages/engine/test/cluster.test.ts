/** A real Redis Cluster of three masters. The shards of a queue are spread over their slots. */

import {
  defaultBackoff,
  type KeyId,
  newGroupId,
  newJobId,
  type QueueName,
  systemClock,
  systemRandom,
} from "@millrace/shared";
import { freePort, redisCommand, startRedisCluster } from "@millrace/testing";
import { withBackend } from "bullmq";
import { Cluster } from "ioredis";
import { afterAll, expect, onTestFinished, test } from "vitest";
import {
  bullPrefix,
  type Engine,
  fairBackend,
  type JobSpec,
  openEngine,
  type Signal,
  StoreUnavailable,
} from "../src/index.ts";
import { registryKeys, shardAt, shardIndex } from "../src/redis/keys.ts";
import { LEASE_MS } from "./setup.ts";

const cluster = await startRedisCluster();
afterAll(() => cluster[Symbol.asyncDispose]());

const SHARDS = 6;
let made = 0;

/** A queue that has shards on all three masters. */
async function setup(change = {}, queue = "documents" as QueueName) {
  made += 1;
  const rootPrefix = `t${made}`;
  const open = async () => {
    const engine = await openEngine({
      ...{ redis: { cluster: cluster.addresses }, rootPrefix },
      ...{ clock: systemClock, random: systemRandom, redisTime: true },
    });
    onTestFinished(() => engine.close());
    return engine;
  };
  const engine = await open();
  await engine.defineQueue({ name: queue, shards: SHARDS, ...change });
  const job = (key: string, spec: Partial<JobSpec> = {}): JobSpec => ({
    id: newJobId(queue, key as KeyId, systemClock.nowMs(), systemRandom),
    ...{ type: "t", payloadJson: "{}", priority: 50, maxAttempts: 3, labels: {} },
    ...{ backoff: defaultBackoff, submittedAtMs: systemClock.nowMs() },
    ...spec,
  });
  const lease = async (count: number, from: Engine = engine) =>
    (await from.lease({ queue, count, leaseMs: LEASE_MS, workerId: "w1" })).leases;
  return { engine, open, queue, rootPrefix, job, lease };
}

const failure = { reason: "NO", message: "no", retryable: true };
const keys = Array.from({ length: 12 }, (_, i) => `key${i}`);
const slotOf = async (key: string) =>
  Number(await redisCommand(cluster.masters[0]?.port ?? 0, "CLUSTER", "KEYSLOT", key));
/** The master that has a slot. */
const holderOf = (slot: number) => Math.floor(slot / Math.ceil(16_384 / 3));

test("shards are spread over the masters, and every script stays in the slot of its shard", async () => {
  const { engine, queue, rootPrefix, job, lease } = await setup({
    ...{ retainSucceededMs: 0, retainFailedMs: 0 },
  });
  const holders = await Promise.all(
    Array.from({ length: SHARDS }, async (_, index) =>
      holderOf(await slotOf(shardAt(rootPrefix, queue, index).base)),
    ),
  );
  expect(new Set(holders).size).toBe(3);
  const nowMs = systemClock.nowMs();
  const jobs = Array.from({ length: 200 }, (_, i) =>
    job(`key${i % 10}`, {
      ...{ priority: (i % 100) + 1, retentionMs: 0 },
      ...(i % 5 === 0 ? { idempotencyKey: `${i}` } : {}),
      ...(i % 7 === 0 ? { pool: "gpu" } : {}),
      ...(i % 11 === 0 ? { runAtMs: nowMs + 1 } : {}),
      ...(i % 13 === 0 ? { expiresAtMs: nowMs - 1, deadlineMs: nowMs + 3_600_000 } : {}),
    }),
  );
  const submitted = await engine.submit(jobs);
  expect(new Set(submitted.map((outcome) => outcome.kind))).toEqual(new Set(["accepted"]));
  for (const { id } of jobs.slice(0, 20)) await engine.cancel(id, "enough");
  const first = await lease(50);
  await engine.append(first.map((l) => ({ ...l, chunks: [{ seq: 0, kind: "text", body: "x" }] })));
  await engine.settle(first.map((l) => ({ ...l, kind: "retry", delayMs: 0, failure })));
  await engine.reap(queue, 100);
  await engine.promote(queue, 100);
  for (let leases = await lease(300); leases.length > 0; leases = await lease(300)) {
    await engine.renew(leases, 1_000);
    await engine.adopt(leases, 1_000, "w");
    await engine.settle(leases.map((l) => ({ ...l, kind: "complete", resultJson: "1" })));
  }
  await engine.readOutput(first[0]?.jobId ?? jobs[0]?.id ?? ("" as never), 0, 10, 10);
  const listed = await engine.listJobs({ keyId: "key1" as KeyId, queue, pageSize: 50 });
  expect(listed.jobs).toHaveLength(20);
  await engine.pauseQueue(queue, true);
  await engine.pauseQueue(queue, false);
  const { succeeded, failed, ...rest } = await engine.stats(queue);
  expect(succeeded + failed).toBe(200);
  const nothing = { dead: 0, queued: 0, scheduled: 0, running: 0, lanes: 0, groups: 0 };
  expect(rest).toEqual({ ...nothing, paused: false });
  while ((await engine.prune(queue, 100)).pruned > 0);
  expect(await engine.audit()).toEqual([]);
  const left = await Promise.all(
    cluster.masters.map(({ port }) => redisCommand(port, "EVAL", LEFT, "0", rootPrefix)),
  );
  expect(left).toEqual(["", "", ""]);
});

/** The keys of jobs on a server, without keys that outlive their jobs. */
const LEFT = `
  local left = {}
  for _, key in ipairs(redis.call("KEYS", ARGV[1] .. ":{documents:*~*")) do
    if not key:find("mr:idem:", 1, true) then left[#left + 1] = key end
  end
  return table.concat(left, " ")`;

test("signals about a job arrive from the master that has its shard", async () => {
  const { engine, open, queue, job, lease } = await setup();
  const other = await open();
  const jobs = keys.map((key) => job(key));
  const finished = new Set<string>();
  const all = Promise.withResolvers<void>();
  await using _subscription = await other.subscribe(queue, (signal) => {
    if (signal.kind === "finished") finished.add(signal.jobId);
    if (finished.size === jobs.length) all.resolve();
  });
  await engine.submit(jobs);
  const leases = await lease(jobs.length);
  const chunk = { seq: 0, kind: "text", body: "hello" } as const;
  await engine.append(leases.map((leased) => ({ ...leased, chunks: [chunk] })));
  await engine.settle(leases.map((leased) => ({ ...leased, kind: "complete", resultJson: '"x"' })));
  await all.promise;
  for (const { id } of jobs) {
    expect(await other.readOutput(id, 0, 10, 1_000)).toMatchObject({ chunks: [{ kind: "text" }] });
  }
  expect(await engine.audit()).toEqual([]);
});

test("budgets and provider accounts hold over all masters", async () => {
  const { engine, open, job, lease } = await setup();
  const pool = "openai/gpt-5";
  await engine.providerAccounts.put({ name: pool, requestsPerMinute: 7 });
  await engine.keyBudgets.set("key1" as KeyId, { maxRunning: 2 });
  await engine.submit(keys.flatMap((key) => [1, 2, 3].map(() => job(key, { pool }))));
  await engine.submit([1, 2, 3, 4].map(() => job("key1")));
  const other = await open();
  const leases = (
    await Promise.all(Array.from({ length: 8 }, (_, i) => lease(5, i % 2 ? engine : other)))
  ).flat();
  const ofAccount = leases.filter((leased) => leased.job.pool === pool);
  expect(ofAccount.length).toBeLessThanOrEqual(7);
  expect(leases.filter((leased) => leased.jobId.includes("~key1~"))).toHaveLength(2);
  expect(await engine.audit()).toEqual([]);
  await engine.settle(leases.map((leased) => ({ ...leased, kind: "complete", resultJson: "1" })));
  await engine.keyBudgets.set("key1" as KeyId, undefined);
  expect(await engine.providerAccounts.delete(pool)).toBe(true);
  expect(await engine.providerAccounts.delete(pool)).toBe(false);
  await other.syncPolicy();
  let left = 0;
  for (let more = await lease(100); more.length > 0; more = await lease(100)) {
    left += more.length;
    await engine.settle(more.map((leased) => ({ ...leased, kind: "complete", resultJson: "1" })));
  }
  expect(leases.length + left).toBe(40);
  expect(await engine.audit()).toEqual([]);
});

test("dead letters, API keys and changes are stored and read over all masters", async () => {
  const { engine, queue, job, lease } = await setup();
  await engine.submit(keys.map((key) => job(key)));
  const leases = await lease(keys.length);
  const end = { kind: "fail", state: "FAILED", failure: { ...failure, retryable: false } } as const;
  await engine.settle(leases.map((leased) => ({ ...leased, ...end })));
  const { letters } = await engine.deadLetters.list({ queue }, 5);
  expect(letters).toHaveLength(5);
  expect(await engine.deadLetters.redrive(letters)).toEqual({ redriven: 5, refused: 0, gone: 0 });
  expect(await engine.stats(queue)).toMatchObject({ dead: keys.length - 5, queued: 5 });
  const rest = await engine.deadLetters.list({ queue }, 100);
  expect(await engine.deadLetters.remove(rest.letters.map((leased) => leased.job.id))).toBe(7);
  const keyId = "k7f3q2m9" as KeyId;
  const secretHash = Buffer.alloc(32);
  await engine.apiKeys.put({ keyId, name: "a", secretHash, createdMs: 1 });
  await engine.apiKeys.revoke(keyId);
  expect((await engine.apiKeys.get(keyId))?.revokedMs).toBeGreaterThan(0);
  await engine.changeLog.append({ actor: "a", action: "b", subject: "c", detailJson: "{}" });
  expect((await engine.changeLog.list(5))?.changes).toHaveLength(1);
  expect(await engine.audit()).toEqual([]);
});

test("a shard whose slot is moving to another master is unavailable until the whole slot has moved", async () => {
  // This queue is used only here, so the slots of other queues stay where they are.
  const { engine, queue, rootPrefix, job, lease } = await setup({}, "moving" as QueueName);
  const shard = shardAt(rootPrefix, queue, 0);
  const slot = await slotOf(shard.base);
  const from = holderOf(slot);
  const to = (from + 1) % 3;
  const at = (index: number) => cluster.masters[index]?.port ?? 0;
  const id = (index: number) => cluster.ids[index] ?? "";
  const inShard = keys.find((key) => shardIndex(key, SHARDS) === 0) ?? "";
  const elsewhere = keys.find((key) => shardIndex(key, SHARDS) !== 0) ?? "";
  const jobs = Array.from({ length: 30 }, () => job(inShard));
  await engine.submit(jobs);
  const running = await lease(3);
  await redisCommand(at(to), "CLUSTER", "SETSLOT", String(slot), "IMPORTING", id(from));
  await redisCommand(at(from), "CLUSTER", "SETSLOT", String(slot), "MIGRATING", id(to));
  const names = (await redisCommand(at(from), "EVAL", KEYS, "0", shard.base)).split(" ");
  const move = (name: string) =>
    redisCommand(at(from), "MIGRATE", "127.0.0.1", String(at(to)), name, "0", "5000");
  for (const name of names.splice(0, names.length / 2)) await move(name);
  // Each of the two masters has half of the shard.
  await expect(engine.submit([job(inShard)])).rejects.toThrow(StoreUnavailable);
  const ends = running.map((leased) => ({ ...leased, kind: "complete", resultJson: "1" }) as const);
  await expect(engine.settle(ends)).rejects.toThrow(StoreUnavailable);
  expect(await engine.submit([job(elsewhere)])).toEqual([{ kind: "accepted" }]);
  for (const name of names) await move(name);
  for (const index of [to, from, 3 - to - from]) {
    await redisCommand(at(index), "CLUSTER", "SETSLOT", String(slot), "NODE", id(to));
  }
  expect((await engine.settle(ends)).map(({ kind }) => kind)).toEqual(Array(3).fill("settled"));
  expect(await engine.submit([job(inShard)])).toEqual([{ kind: "accepted" }]);
  expect(await engine.stats(queue)).toMatchObject({ queued: 29, running: 0, succeeded: 3 });
  expect(await engine.audit()).toEqual([]);
});

const KEYS = `return table.concat(redis.call("KEYS", (ARGV[1]:gsub("[%[%]*?]", "\\\\%0")) .. "*"), " ")`;

test("plain BullMQ classes work on a shard, over a Cluster's client", async () => {
  const { engine, queue: name, rootPrefix, job } = await setup();
  const inShard = keys.find((key) => shardIndex(key, SHARDS) === 2) ?? "";
  const connection = new Cluster([...cluster.addresses], {
    redisOptions: { maxRetriesPerRequest: null },
  });
  onTestFinished(() => connection.disconnect());
  const classes = withBackend(fairBackend());
  const options = { connection, prefix: bullPrefix(name, 2, rootPrefix) };
  const queue = new classes.Queue(name, options);
  const heard: Signal[] = [];
  const done = Promise.withResolvers<void>();
  await using _subscription = await engine.subscribe(name, (signal) => {
    if (signal.kind === "finished") heard.push(signal);
    if (heard.length === 2) done.resolve();
  });
  const worker = new classes.Worker(name, async () => "done", options);
  const [one, two] = [job(inShard), job(inShard)];
  await engine.submit([one]);
  await queue.addBulk([{ name: "t", data: {}, opts: { jobId: two.id, priority: 50 } }]);
  await done.promise;
  await worker.close();
  await queue.close();
  expect((await engine.getJobs([one.id, two.id])).map((record) => record?.state)).toEqual([
    ...["SUCCEEDED", "SUCCEEDED"],
  ]);
  expect(await engine.audit()).toEqual([]);
});

test("a Cluster's node is refused as a single server, and a single server is refused as a Cluster", async () => {
  const opening = (redis: Parameters<typeof openEngine>[0]["redis"]) =>
    openEngine({ redis, clock: systemClock, random: systemRandom });
  const port = await freePort();
  await expect(opening({ url: cluster.masters[0]?.url ?? "" })).rejects.toThrow(
    "node of a Cluster",
  );
  await expect(
    opening({ cluster: [{ host: "127.0.0.1", port }], connectTimeoutMs: 300 }),
  ).rejects.toThrow(`no Redis Cluster at 127.0.0.1:${port} answered within 300 ms`);
});

test("queues and accounts are registered in one slot", () => {
  const slots = Object.values(registryKeys("mr")).map((key) => /\{(.*?)\}/.exec(key)?.[1]);
  expect(new Set(slots)).toEqual(new Set(["registry"]));
});

test("a group and its jobs stay in the slot of their shard", async () => {
  const { engine, queue, job, lease } = await setup();
  const nowMs = systemClock.nowMs();
  const id = newGroupId(queue, "key1" as KeyId, nowMs, systemRandom);
  const finalizer = job("key1");
  await engine.createGroup({
    ...{ id, rule: "all", maxInFlight: 1, keepSiblings: false, finalizer },
    ...{ createdAtMs: nowMs, deadlineMs: nowMs + 3_600_000 },
  });
  await engine.submit([job("key1", { group: { id } }), job("key1", { group: { id } })]);
  await engine.closeGroup(id);
  for (let leases = await lease(9); leases.length > 0; leases = await lease(9)) {
    await engine.settle(leases.map((one) => ({ ...one, kind: "complete", resultJson: "1" })));
    await engine.tendGroups(queue, 10);
  }
  const [group] = await engine.getGroups([id]);
  expect(group).toMatchObject({ state: "SUCCEEDED", succeeded: 2 });
  expect((await engine.getJobs([finalizer.id]))[0]?.state).toBe("SUCCEEDED");
  expect((await engine.listGroupChildren(id, 0, 10))?.children).toHaveLength(2);
});
