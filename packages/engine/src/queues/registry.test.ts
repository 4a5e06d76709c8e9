import type { KeyId, QueueName } from "@millrace/shared";
import { expect, test } from "vitest";
import { lease, queue, setup } from "../../test/setup.ts";

test("a queue has defaults, and a change keeps the other settings", async () => {
  const { engine } = await setup();
  const name = "mail" as QueueName;
  const defaults = {
    ...{
      name,
      shards: 1,
      types: [],
      maxDepthPerKey: 1_000_000,
      maxStalls: 3,
      retainCount: 100_000,
      bandWeights: { interactive: 16, standard: 4, batch: 1 },
      retainDeadLettersMs: 30 * 86_400_000,
      maxBounces: 100,
      defaultEstimatedTokens: 1_000,
      defaultRetry: { maxAttempts: 5, initialBackoffMs: 2_000, maxBackoffMs: 300_000 },
    },
    maxPriority: 1,
    ...{ retainSucceededMs: 86_400_000, retainFailedMs: 7 * 86_400_000 },
  };
  expect(await engine.defineQueue({ name })).toEqual(defaults);
  await engine.defineQueue({ name, maxStalls: 9 });
  expect(await engine.defineQueue({ name, types: ["send"] })).toEqual({
    ...defaults,
    maxStalls: 9,
    types: ["send"],
  });
  expect((await engine.queues()).map((q) => q.name)).toEqual([queue, name]);
});

test("the number of shards never changes", async () => {
  const { engine } = await setup();
  const name = "mail" as QueueName;
  const both = await Promise.all([2, 3].map((shards) => engine.defineQueue({ name, shards })));
  const first = both[0]?.shards;
  expect(both.map((q) => q.shards)).toEqual([first, first]);
  expect((await engine.defineQueue({ name, shards: 7 })).shards).toBe(first);
  expect((await engine.getQueue(name))?.shards).toBe(first);
});

test.each([0, 65, 1.5])("%d shards are refused", async (shards) => {
  const { engine } = await setup();
  await expect(engine.defineQueue({ name: "mail" as QueueName, shards })).rejects.toThrow(
    "1 to 64",
  );
});

test("another replica's change is seen within a second", async () => {
  const { engine, job, time, ...parts } = await setup({ maxDepthPerKey: 1 });
  await engine.submit([job("aaaa")]);
  expect(await engine.submit([job("aaaa")])).toMatchObject([{ kind: "depthFull" }]);
  const other = await parts.another();
  await other.defineQueue({ name: queue, maxDepthPerKey: 2 });
  time.nowMs += 999;
  expect(await engine.submit([job("aaaa")])).toMatchObject([{ kind: "depthFull" }]);
  time.nowMs += 1;
  expect(await engine.submit([job("aaaa")])).toEqual([{ kind: "accepted" }]);
});

test("a queue that is not defined holds nothing", async () => {
  const { engine } = await setup();
  const name = "nowhere" as QueueName;
  expect(await engine.lease({ queue: name, count: 1, leaseMs: 1_000, workerId: "w" })).toEqual({
    leases: [],
    held: new Map(),
    suspectsWait: false,
    expired: [],
  });
  expect(await engine.stats(name)).toEqual({
    ...{ queued: 0, scheduled: 0, running: 0, succeeded: 0, failed: 0, dead: 0, lanes: 0 },
    ...{ groups: 0, paused: false },
  });
  expect(await engine.reap(name, 1)).toEqual({ reaped: [], more: false });
  expect(await engine.listJobs({ keyId: "aaaa" as KeyId, queue: name, pageSize: 1 })).toEqual({
    jobs: [],
  });
});

test("an API key is stored once, found, listed, and revoked for good", async () => {
  const { engine, time } = await setup();
  const key = {
    ...{ keyId: "bbbb" as KeyId, name: "billing", secretHash: Buffer.alloc(32, 7) },
    createdMs: time.nowMs,
  };
  expect(await engine.apiKeys.get(key.keyId)).toBeUndefined();
  expect(await engine.apiKeys.revoke(key.keyId)).toBeUndefined();
  expect(await engine.apiKeys.put(key)).toEqual(key);
  expect(await engine.apiKeys.put({ ...key, name: "other" })).toEqual(key);
  await engine.apiKeys.put({ ...key, keyId: "aaaa" as KeyId });
  expect((await engine.apiKeys.list()).map((k) => k.keyId)).toEqual(["aaaa", "bbbb"]);
  const revoked = { ...key, revokedMs: time.nowMs };
  expect(await engine.apiKeys.revoke(key.keyId)).toEqual(revoked);
  time.nowMs += 1;
  expect(await engine.apiKeys.revoke(key.keyId)).toEqual(revoked);
  expect(await engine.apiKeys.get(key.keyId)).toEqual(revoked);
  const ids = ["bbbb", "none", "aaaa"] as KeyId[];
  const all = await engine.apiKeys.getAll(ids);
  expect(all).toEqual([revoked, undefined, { ...key, keyId: "aaaa" }]);
  expect(await engine.apiKeys.getAll([])).toEqual([]);
});

test("a new secret replaces the old one, which works until its grace period ends", async () => {
  const { engine, time } = await setup();
  const keyId = "bbbb" as KeyId;
  const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  expect(await engine.apiKeys.rotate(keyId, second, 1_000)).toBeUndefined();
  await engine.apiKeys.put({ keyId, name: "a", secretHash: first, createdMs: time.nowMs });
  const rotated = await engine.apiKeys.rotate(keyId, second, 1_000);
  expect(rotated).toMatchObject({
    secretHash: second,
    oldSecret: { hash: first, expiresMs: time.nowMs + 1_000 },
  });
  expect(await engine.apiKeys.get(keyId)).toEqual(rotated);
  const revoked = await engine.apiKeys.revoke(keyId);
  expect(await engine.apiKeys.rotate(keyId, first, 1_000)).toEqual(revoked);
});

test("concurrent changes of an API key all take effect", async () => {
  const { engine, time, another } = await setup();
  const other = await another();
  const keyId = "bbbb" as KeyId;
  const secretHash = Buffer.alloc(32, 1);
  await engine.apiKeys.put({ keyId, name: "a", secretHash, createdMs: time.nowMs });
  const secrets = [2, 3].map((byte) => Buffer.alloc(32, byte));
  await Promise.all([
    engine.apiKeys.rename(keyId, "b"),
    ...secrets.map((secret, i) => [engine, other][i]?.apiKeys.rotate(keyId, secret, 1_000)),
  ]);
  const record = await engine.apiKeys.get(keyId);
  expect(record?.name).toBe("b");
  // The later rotation took the other new secret as its old secret, so both work.
  const kept = [record?.secretHash, record?.oldSecret?.hash].map((hash) => hash?.[0]);
  expect(kept.sort()).toEqual([2, 3]);
  await Promise.all([other.apiKeys.revoke(keyId), engine.apiKeys.rename(keyId, "c")]);
  expect(await engine.apiKeys.get(keyId)).toMatchObject({ name: "c", revokedMs: time.nowMs });
});

test("nothing is leased from any shard of a paused queue, and leasing continues after it is resumed", async () => {
  const { engine, job } = await setup({ shards: 3 });
  const jobs = ["aaaa", "bbbb", "cccc", "dddd"].map((key) => job(key));
  await engine.submit(jobs);
  await engine.pauseQueue(queue, true);
  await engine.pauseQueue(queue, true);
  expect(await lease(engine, 10)).toEqual([]);
  expect(await engine.submit([job("aaaa")])).toEqual([{ kind: "accepted" }]);
  expect(await engine.stats(queue)).toMatchObject({ paused: true, queued: 5 });
  const work = Promise.withResolvers<void>();
  await engine.subscribe(queue, ({ kind }) => kind === "work" && work.resolve());
  await engine.pauseQueue(queue, false);
  await work.promise;
  expect(await lease(engine, 10)).toHaveLength(5);
  expect((await engine.stats(queue)).paused).toBe(false);
});

test("the longest wait is that of the oldest job among the first jobs of lanes", async () => {
  const { engine, job, time } = await setup();
  expect(await engine.stats(queue)).not.toHaveProperty("oldestQueuedMs");
  const [first, second] = [job("aaaa"), job("bbbb")];
  await engine.submit([second, first]);
  expect((await engine.stats(queue)).oldestQueuedMs).toBe(time.nowMs + 1);
  await lease(engine, 1);
  expect((await engine.stats(queue)).oldestQueuedMs).toBe(time.nowMs + 2);
});
