import { type GroupId, type KeyId, newGroupId, scheduleIdOf, systemRandom } from "@millrace/shared";
import { type ChainableCommander, Redis } from "ioredis";
import { onTestFinished } from "vitest";
import { accountBase, keyHomeBase, keyOfJob, shardAt } from "../../src/redis/keys.ts";
import { F } from "../../src/redis/stored-names.ts";
import { lease, queue, setup } from "../setup.ts";

export const pool = "openai/gpt-5";
/** A model with two routes: the first one is on a pool without an account. */
export const model = "gpt-5";

/** A shard with jobs in every place, budgets, an account, output, idempotency keys and dead letters. Tests damage and restore it. */
export async function busyShard() {
  const { engine, job, time, url, rootPrefix } = await setup();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const { base } = shardAt(rootPrefix, queue, 0);
  const keys = ["aaaa", "bbbb", "cccc"] as const;
  for (const key of keys)
    await engine.keyBudgets.set(key as never, { maxRunning: 50, tokensPerMinute: 1_000_000 });
  for (const key of keys) {
    const endpoint = { id: `we_${key}`, keyId: key as KeyId, name: "", url: "https://r.example/" };
    const rest = { eventTypes: [], includeResult: true, enabled: true, secrets: [] };
    await engine.webhookEndpoints.create({ ...endpoint, ...rest, createdMs: 1, updatedMs: 1 }, 5);
  }
  await engine.providerAccounts.put({ name: pool, maxRunning: 50, requestsPerMinute: 600 });
  await engine.models.put({
    name: model,
    routes: ["other", pool].map((account) => ({ account, model: "gpt 5" })),
    price: { inputMicros: 1_250_000, outputMicros: 10_000_000 },
  });
  const failure = { reason: "BAD", message: "it broke", retryable: true };
  const more = (n: number) => ({
    ...{ idempotencyKey: `i${n}`, contentHash: "h", retentionMs: 60_000, estimatedTokens: 500 },
    ...{ expiresAtMs: time.nowMs + 500_000, deadlineMs: time.nowMs + 900_000 },
  });
  // Each end state has two jobs. Then the running jobs get a second attempt.
  const ended = keys.map((key, n) => job(key, { ...more(n), pool }));
  const dead = keys.map((key, n) => job(key, more(10 + n)));
  await engine.submit([...ended, ...dead]);
  for (const held of await lease(engine, 6)) {
    const usage = { inputTokens: 5, outputTokens: 5, providerCalls: 1 };
    await engine.append([{ ...held, chunks: [{ seq: 0, kind: "text", body: "x" }] }]);
    const isDead = dead.some(({ id }) => id === held.jobId);
    await engine.settle([
      isDead
        ? { ...held, kind: "fail", state: "FAILED", failure, usage }
        : { ...held, kind: "complete", resultJson: "1", usage },
    ]);
  }
  // The running jobs are children that name a model, and a sibling of each is held back. Their groups have finalizers.
  const groups = keys.map((key) => newGroupId(queue, key as KeyId, time.nowMs, systemRandom));
  for (const [n, id] of groups.entries()) {
    await engine.createGroup({
      ...{ id, rule: "all", maxInFlight: 1, keepSiblings: false, details: "{}" },
      ...{ createdAtMs: time.nowMs, deadlineMs: time.nowMs + 800_000 },
      finalizer: job(keys[n] ?? "", { ...more(50 + n) }),
    });
  }
  const child = (key: string, n: number) =>
    job(key, { ...more(20 + n), model, maxAttempts: 9, group: { id: groups[n % 3] as GroupId } });
  const running = keys.map(child);
  await engine.submit([...running, ...keys.map((key, n) => child(key, 3 + n))]);
  const first = await lease(engine, 3);
  for (const held of first) {
    await engine.append([{ ...held, chunks: [{ seq: 0, kind: "text", body: "x" }] }]);
    // The next attempts use the second route, which is on the account.
    const usage = { inputTokens: 7, outputTokens: 1, providerCalls: 1 };
    await engine.settle([
      { ...held, kind: "bounce", delayMs: 0, failure, usage, accountFailed: true },
    ]);
  }
  const again = await lease(engine, 3);
  for (const held of again) await engine.settle([{ ...held, kind: "retry", delayMs: 0, failure }]);
  const held = await lease(engine, 3);
  for (const one of held)
    await engine.append([{ ...one, chunks: [{ seq: 0, kind: "text", body: "x" }] }]);
  // They have fanned out themselves.
  for (const { jobId, token } of held) {
    const fanOut = { ordinal: 1, planHash: "p", rule: 50, maxInFlight: 0, keepSiblings: true };
    const opened = await engine.openFanOut({ jobId, token, ...fanOut });
    if (opened.kind !== "opened") throw new Error(opened.kind);
    const { id } = opened.group;
    await engine.submit([job(keyOfJob(jobId), { group: { id, index: 1 } })]);
  }
  const scheduledMs = time.nowMs;
  // Their schedules have an unfinished job each, and a buffered run.
  const schedules = keys.map((key) => scheduleIdOf(queue, key as KeyId, "nightly"));
  for (const [n, id] of schedules.entries()) {
    const put = await engine.putSchedule({
      ...{ id, most: 10, overlap: "buffer", dueMs: time.nowMs, lookMs: time.nowMs },
      ...{ timedFromMs: time.nowMs, details: "{}", paused: false, note: "" },
    });
    if (put.kind !== "done") throw new Error(put.kind);
    for (const at of [0, 1]) {
      const run = { id, revision: put.schedule.revision, kind: "due" } as const;
      const times = {
        fromMs: time.nowMs + at,
        dueMs: time.nowMs + at,
        nextDueMs: time.nowMs + at + 1,
      };
      await engine.submit([job(keys[n] ?? "", { run: { ...run, ...times, lookMs: time.nowMs } })]);
    }
  }
  const scheduled = keys.map((key, n) =>
    job(key, { ...more(30 + n), runAtMs: time.nowMs + 10_000 }),
  );
  const waiting = keys.map((key, n) => job(key, { ...more(40 + n), pool }));
  const urgent = keys.map((key) => job(key, { priority: 3 }));
  const routed = keys.map((key) => job(key, { model }));
  // A job that waits again has written output before.
  const written = job("aaaa", { priority: 1, pool: "gpu", maxAttempts: 9 });
  await engine.submit([written]);
  for (const one of await engine
    .lease({ queue, count: 1, leaseMs: 30_000, workerId: "w1" })
    .then(({ leases }) => leases)) {
    await engine.append([{ ...one, chunks: [{ seq: 0, kind: "text", body: "x" }] }]);
    await engine.settle([{ ...one, kind: "release" }]);
  }
  const debounced = job("bbbb", {
    deduplication: { key: "d", mode: "debounce", windowMs: 5_000 },
  });
  await engine.submit([...scheduled, ...waiting, ...urgent, ...routed, debounced]);
  // This lane waits for a slot.
  await engine.keyBudgets.set("dddd" as never, { maxRunning: 1 });
  await engine.submit([job("dddd", { priority: 9 }), job("dddd", { priority: 9 })]);
  await engine.lease({ queue, count: 1, pools: [], leaseMs: 30_000, workerId: "w1" });
  await engine.lease({ queue, count: 0, leaseMs: 30_000, workerId: "w1" });

  const versionOf = async (key: string) =>
    (await redis.hget(`${base}mr:use:${key}`, F.use_portion))?.split(" ")[0] ?? "0";

  const names = (await redis.keys(`${rootPrefix}:*`)).sort();
  const dumps = await Promise.all(names.map((name) => redis.dumpBuffer(name)));
  const outbox = (await redis.xrange(`${base}mr:outbox`, "-", "+", "COUNT", 3)).map(([id]) => id);
  return {
    ...{ redis, base, time: { ...time, scheduledMs }, outbox },
    accountBase: accountBase(rootPrefix, pool),
    homeBase: keyHomeBase(rootPrefix, "aaaa"),
    portionVersions: [
      await versionOf("aaaa"),
      await versionOf("bbbb"),
      await versionOf("dddd"),
    ] as const,
    generation: (await redis.hget(`${base}mr:governed`, pool)) ?? "",
    held,
    groups,
    schedules,
    ids: {
      running: held.map(({ jobId }) => jobId),
      waiting: waiting.map(({ id }) => id),
      routed: routed.map(({ id }) => id),
      scheduled: scheduled.map(({ id }) => id),
      finished: ended.map(({ id }) => id),
      dead: dead.map(({ id }) => id),
    },
    newJob: job,
    /** Restores the shard as it was at the beginning. */
    putBack(pipeline: ChainableCommander) {
      pipeline.flushall();
      for (const [at, name] of names.entries()) pipeline.restore(name, 0, dumps[at] as Buffer);
    },
  };
}

export type BusyShard = Awaited<ReturnType<typeof busyShard>>;
