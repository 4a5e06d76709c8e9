import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { audit } from "../../test/audit.ts";
import { lease, leaseOne, queue, setup } from "../../test/setup.ts";
import type { Engine, JobSpec, Settlement } from "../index.ts";
import { shardAt } from "../redis/keys.ts";

const DAY_MS = 86_400_000;
const failure = (reason = "NO") => ({ reason, message: `${reason}!`, retryable: false });

async function withDead(change = {}) {
  const parts = await setup(change);
  const redis = new Redis(parts.url);
  onTestFinished(() => redis.disconnect());
  /** Submits jobs that fail for good, a second apart. */
  const kill = async (count: number, key = "aaaa", spec: Partial<JobSpec> = {}, reason = "NO") => {
    const ids = [];
    for (let i = 0; i < count; i += 1) {
      const job = parts.job(key, spec);
      ids.push(job.id);
      await parts.engine.submit([job]);
      await fail(parts.engine, { reason });
      parts.time.nowMs += 1_000;
    }
    return ids;
  };
  return { ...parts, kill, redis, check: () => audit(redis, parts.rootPrefix) };
}

async function fail(engine: Engine, { reason = "NO" } = {}) {
  const leased = await leaseOne(engine);
  await engine.settle([{ ...leased, kind: "fail", state: "FAILED", failure: failure(reason) }]);
}

test("a job that failed for good is kept with the history of its attempts", async () => {
  const { engine, job, time, check } = await withDead();
  const one = job("aaaa", { payloadJson: '{"a":1}', pool: "gpu", labels: { team: "x" } });
  await engine.submit([one]);
  const first = await leaseOne(engine);
  time.nowMs += 5_000;
  const usage = { inputTokens: 3, outputTokens: 4, providerCalls: 1 };
  const retry = {
    kind: "retry",
    delayMs: 0,
    failure: failure("LATE"),
  } as const;
  await engine.settle([{ ...first, ...retry, usage }]);
  await leaseOne(engine);
  time.nowMs += 30_001;
  await engine.reap(queue, 10);
  await leaseOne(engine, true).then((leased) =>
    engine.settle([{ ...leased, kind: "fail", state: "FAILED", failure: failure() } as Settlement]),
  );
  const letter = await engine.deadLetters.get(one.id);
  expect(letter?.job).toMatchObject({
    ...{ id: one.id, state: "FAILED", payloadJson: '{"a":1}', pool: "gpu" },
    ...{ labels: { team: "x" }, attempt: 3, stalls: 1, failure: failure() },
  });
  expect(letter?.diedAtMs).toBe(time.nowMs);
  expect(letter?.attempts).toMatchObject([
    { attempt: 1, workerId: "w1", failure: failure("LATE"), usage, endedAtMs: time.nowMs - 30_001 },
    { attempt: 2, failure: { reason: "STALLED" } },
    { attempt: 3, failure: failure() },
  ]);
  await check();
});

test("jobs that were cancelled, expired or succeeded are no dead letters", async () => {
  const { engine, job } = await withDead();
  await engine.submit([job("aaaa"), job("aaaa"), job("aaaa")]);
  const [one, two, three] = await lease(engine, 3);
  if (!one || !two || !three) throw new Error("no jobs");
  await engine.settle([
    { ...one, kind: "complete", resultJson: "1" },
    { ...two, kind: "fail", state: "EXPIRED", failure: failure() },
    { ...three, kind: "fail", state: "CANCELLED", failure: failure() },
  ]);
  expect((await engine.deadLetters.list({ queue }, 10)).letters).toEqual([]);
  expect((await engine.stats(queue)).dead).toBe(0);
});

test("dead letters are listed newest first, in pages, over all shards", async () => {
  const { engine, kill } = await withDead({ shards: 3 });
  const ids: string[] = [];
  for (let i = 0; i < 23; i += 1) ids.push(...(await kill(1, `key${i % 7}`)));
  const seen: string[] = [];
  let token: string | undefined;
  do {
    const page = await engine.deadLetters.list({ queue }, 5, token);
    expect(page.letters.length).toBeLessThanOrEqual(5);
    seen.push(...page.letters.map(({ job }) => job.id));
    token = page.nextPageToken;
  } while (token !== undefined);
  expect(seen).toEqual(ids.reverse());
  expect((await engine.stats(queue)).dead).toBe(23);
});

test("letters of one millisecond are each listed once", async () => {
  const { engine, job } = await withDead();
  await engine.submit(Array.from({ length: 7 }, () => job("aaaa")));
  const leases = await lease(engine, 7);
  await engine.settle(
    leases.map((leased) => ({ ...leased, kind: "fail", state: "FAILED", failure: failure() })),
  );
  const seen: string[] = [];
  let token: string | undefined;
  do {
    const page = await engine.deadLetters.list({ queue }, 2, token);
    seen.push(...page.letters.map((letter) => letter.job.id));
    token = page.nextPageToken;
  } while (token !== undefined);
  expect(seen.sort()).toEqual(leases.map((leased) => leased.jobId as string).sort());
});

test("a filter narrows by key, type, reason and time", async () => {
  const { engine, kill, time } = await withDead();
  const startMs = time.nowMs;
  await kill(2, "aaaa", {}, "ONE");
  await kill(1, "bbbb", { type: "chat" }, "TWO");
  await kill(1, "aaaa", { type: "chat" }, "TWO");
  const count = async (filter: object) =>
    (await engine.deadLetters.list({ queue, ...filter }, 50)).letters.length;
  expect(await count({})).toBe(4);
  expect(await count({ keyId: "aaaa" })).toBe(3);
  expect(await count({ type: "chat" })).toBe(2);
  expect(await count({ reason: "TWO", keyId: "aaaa" })).toBe(1);
  expect(await count({ sinceMs: startMs + 2_000 })).toBe(2);
  expect(await count({ beforeMs: startMs + 2_000 })).toBe(2);
  expect(await count({ beforeMs: startMs })).toBe(0);
});

test("a redriven job is new, names its origin, and its dead letter is gone", async () => {
  const { engine, kill, check } = await withDead();
  const spec = { payloadJson: '{"a":1}', pool: "gpu", priority: 7, estimatedTokens: 12 };
  const [id] = await kill(1, "aaaa", { ...spec, idempotencyKey: "k", contentHash: "h" });
  const { letters } = await engine.deadLetters.list({ queue }, 10);
  expect(await engine.deadLetters.redrive(letters)).toEqual({ redriven: 1, refused: 0, gone: 0 });
  await check();
  // Another caller repeats the redrive.
  expect(await engine.deadLetters.redrive(letters)).toEqual({ redriven: 0, refused: 0, gone: 1 });
  const again = await leaseOne(engine);
  expect(again.jobId).not.toBe(id);
  expect(again).toMatchObject({ attempt: 1, job: { ...spec, redrivenFrom: id } });
  expect(again.job).not.toHaveProperty("idempotencyKey");
  expect(await engine.deadLetters.get(id as never)).toBeUndefined();
  await engine.settle([{ ...again, kind: "fail", state: "FAILED", failure: failure() }]);
  const [second] = (await engine.deadLetters.list({ queue }, 10)).letters;
  expect(second?.job.redrivenFrom).toBe(id);
  await check();
});

test("a letter that its key or queue would refuse stays a dead letter", async () => {
  const { engine, kill } = await withDead();
  await kill(3);
  await kill(1, "aaaa", { type: "chat" });
  await engine.keyBudgets.set("aaaa" as never, { maxQueued: 2 });
  await engine.defineQueue({ name: queue, types: ["summarize"] });
  const { letters } = await engine.deadLetters.list({ queue }, 10);
  expect(await engine.deadLetters.redrive(letters)).toEqual({ redriven: 2, refused: 2, gone: 0 });
  expect((await engine.deadLetters.list({ queue }, 10)).letters).toHaveLength(2);
});

test("dead letters are removed by name, and by age", async () => {
  const { engine, kill, time, check } = await withDead({ retainDeadLettersMs: 10 * DAY_MS });
  const [id] = await kill(1);
  await kill(2);
  expect(await engine.deadLetters.remove([id] as never)).toBe(1);
  expect(await engine.deadLetters.remove([id] as never)).toBe(0);
  time.nowMs += 10 * DAY_MS - 2_000;
  await engine.prune(queue, 100);
  expect((await engine.stats(queue)).dead).toBe(2);
  time.nowMs += 3_000;
  await engine.prune(queue, 100);
  expect((await engine.stats(queue)).dead).toBe(0);
  await check();
});

test("a plain BullMQ queue, and so Bull Board, sees dead letters", async () => {
  const { kill, url, rootPrefix } = await withDead();
  const [id] = await kill(1, "aaaa", { payloadJson: '{"a":1}' });
  const { prefix } = shardAt(rootPrefix, queue, 0);
  const plain = new Queue(`${queue}.dead`, { prefix, connection: { url } });
  onTestFinished(() => plain.close());
  expect(await plain.getJobCounts("prioritized", "wait")).toEqual({ prioritized: 1, wait: 0 });
  const [job] = await plain.getJobs(["prioritized"]);
  expect(job).toMatchObject({ id, name: "summarize", data: { a: 1 } });
});

test("a dead letter that BullMQ has removed is not listed, and stops counting after the next read", async () => {
  const { engine, kill, rootPrefix, url } = await withDead();
  const ids = await kill(3);
  const { prefix } = shardAt(rootPrefix, queue, 0);
  const plain = new Queue(`${queue}.dead`, { prefix, connection: { url } });
  onTestFinished(() => plain.close());
  await plain.remove(ids[1] ?? "");
  const { letters } = await engine.deadLetters.list({ queue }, 10);
  expect(letters.map(({ job }) => job.id)).toEqual([ids[2], ids[0]]);
  expect(await engine.stats(queue)).toMatchObject({ dead: 2 });
});
