import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { audit } from "../../test/audit.ts";
import { lease, leaseOne, queue, setup } from "../../test/setup.ts";
import type { Engine, Lease, ProviderAccount, Settlement } from "../index.ts";
import { accountBase, shardAt } from "../redis/keys.ts";
import { closeSlice } from "./close_slice.ts";
import { exchangeAccount } from "./exchange_account.ts";

const pool = "openai/gpt-5";
const MINUTE = 60_000;
const failure = { reason: "PROVIDER_ERROR", message: "429", retryable: true };

async function withAccount(account: Omit<ProviderAccount, "name">, change = {}) {
  const parts = await setup(change);
  await parts.engine.providerAccounts.put({ name: pool, ...account });
  const redis = new Redis(parts.url);
  onTestFinished(() => redis.disconnect());
  const submit = (count: number, spec = {}, key = "aaaa") =>
    parts.engine.submit(Array.from({ length: count }, () => parts.job(key, { pool, ...spec })));
  return { ...parts, submit, redis, check: () => audit(redis, parts.rootPrefix) };
}

const complete = (engine: Engine, leases: readonly Lease[], tokens?: number) =>
  engine.settle(
    leases.map(
      (leased): Settlement => ({
        ...leased,
        kind: "complete",
        resultJson: "1",
        ...(tokens === undefined
          ? {}
          : { usage: { inputTokens: tokens, outputTokens: 0, providerCalls: 1 } }),
      }),
    ),
  );

const refuse = async (engine: Engine, leased: Lease, coolMs?: number, exhausted = false) => {
  await engine.providerAccounts.report(pool, {
    ...(coolMs === undefined ? {} : { askedMs: coolMs }),
    kind: exhausted ? "exhausted" : "refused",
    ...(leased.job.startedAtMs === undefined
      ? {}
      : { attempt: { jobId: leased.jobId, startedMs: leased.job.startedAtMs } }),
  });
  await engine.settle([{ ...leased, kind: "bounce", delayMs: 0, failure }]);
};

test("a pool that is no account is not held", async () => {
  const { engine, job } = await setup();
  await engine.submit([job("aaaa", { pool: "gpu" }), job("aaaa", { pool: "gpu" })]);
  expect(await lease(engine, 5)).toHaveLength(2);
});

test("all keys share an account's requests", async () => {
  const { engine, submit, time, check } = await withAccount({ requestsPerMinute: 5 });
  await submit(4);
  await submit(4, {}, "bbbb");
  const first = await lease(engine, 10);
  expect(first).toHaveLength(5);
  await check();
  await complete(engine, first);
  expect(await lease(engine, 10)).toEqual([]);
  time.nowMs += MINUTE + 2_000;
  expect(await lease(engine, 10)).toHaveLength(3);
  await check();
});

test("the shards of a queue, and engines, share an account's tokens", async () => {
  const { engine, another, submit, job } = await withAccount(
    { tokensPerMinute: 1_000 },
    { shards: 4 },
  );
  const second = await another();
  for (let key = 0; key < 16; key += 1) {
    await submit(5, { estimatedTokens: 100 }, `key${key}`);
  }
  await engine.submit([job("free")]);
  const leases = (
    await Promise.all(
      Array.from({ length: 12 }, (_, at) => lease(at % 2 === 0 ? engine : second, 3)),
    )
  ).flat();
  const ofAccount = leases.filter((leased) => leased.job.pool === pool);
  expect(ofAccount.length).toBeLessThanOrEqual(10);
  expect(ofAccount.length).toBeGreaterThanOrEqual(7);
  // A shard gets what another shard was granted but has not used, as soon as it is given back.
  await engine.syncPolicy();
  const rest = (await lease(engine, 80)).filter((leased) => leased.job.pool === pool);
  expect(ofAccount.length + rest.length).toBe(10);
});

test("no more jobs run on an account at once than it allows, over all shards", async () => {
  const { engine, submit, time } = await withAccount({ maxRunning: 3 }, { shards: 2 });
  await submit(10, {}, "key1");
  await submit(10, {}, "key2");
  const running: Lease[] = [];
  for (let round = 0; round < 12; round += 1) {
    running.push(...(await lease(engine, 10)));
    expect(running.length).toBeLessThanOrEqual(3);
    await complete(engine, running.splice(0, 2));
    time.nowMs += 60;
    await engine.syncPolicy();
  }
  const [status] = await engine.providerAccounts.list();
  expect(status?.running).toBeLessThanOrEqual(3);
});

test("tokens of an account that were reserved but not spent can be used by other jobs", async () => {
  const { engine, submit } = await withAccount({ tokensPerMinute: 1_000 });
  await submit(3, { estimatedTokens: 900 });
  const first = await leaseOne(engine);
  await complete(engine, [first], 50);
  const second = await leaseOne(engine);
  await complete(engine, [second], 80);
  expect((await engine.providerAccounts.get(pool))?.tokensUsed).toBeLessThanOrEqual(1_000);
  await engine.syncPolicy();
  expect((await engine.providerAccounts.get(pool))?.tokensUsed).toBe(130);
});

test("a job that its account holds reserves nothing of its key's budget", async () => {
  const { engine, submit, job } = await withAccount({ requestsPerMinute: 1 });
  await engine.keyBudgets.set("aaaa" as never, { maxRunning: 2 });
  await submit(3);
  expect(await lease(engine, 10)).toHaveLength(1);
  await engine.submit([job("aaaa"), job("aaaa")]);
  // Jobs that wait for the account do not take the key's other slot.
  expect((await lease(engine, 10)).map((leased) => leased.job.pool)).toEqual([undefined]);
});

test("a refusal begins a cool-down of the pool in every shard, and one probe ends it", async () => {
  const { engine, another, submit, job, time, check } = await withAccount({}, { shards: 2 });
  const second = await another();
  await submit(10, {}, "key1");
  await submit(10, {}, "key2");
  const before = await lease(engine, 8);
  expect(before).toHaveLength(8);
  await refuse(engine, before[0] as Lease, 5_000);
  await engine.submit([job("key1")]);
  expect((await lease(second, 10)).map((leased) => leased.job.pool)).toEqual([undefined]);
  await complete(engine, before.slice(1));
  time.nowMs += 4_999;
  expect(await lease(second, 10)).toEqual([]);
  time.nowMs += 60;
  const probe = [...(await lease(engine, 10)), ...(await lease(second, 10))];
  expect(probe).toHaveLength(1);
  await check();
  await complete(engine, probe);
  time.nowMs += 60;
  const after = [...(await lease(engine, 10)), ...(await lease(second, 10))];
  // Half of the eight jobs that ran at the refusal.
  expect(after.length).toBeGreaterThanOrEqual(2);
  expect(after.length).toBeLessThanOrEqual(5);
});

test("a refused job returns to the head of its lane and spends no attempt", async () => {
  const { engine, submit, time } = await withAccount({});
  await submit(2);
  const first = await leaseOne(engine);
  await refuse(engine, first, 1_000);
  time.nowMs += 1_060;
  const again = await leaseOne(engine);
  expect(again.jobId).toBe(first.jobId);
  expect(again).toMatchObject({ attempt: 1, job: { bounces: 1 } });
});

test("the bounce after maxBounces spends an attempt, until no attempts are left", async () => {
  const { engine, submit, time } = await withAccount({}, { maxBounces: 2 });
  await submit(1, { maxAttempts: 2 });
  const attempts: number[] = [];
  const states: string[] = [];
  for (let bounce = 0; bounce < 6; bounce += 1) {
    const leased = await leaseOne(engine);
    attempts.push(leased.attempt);
    await refuse(engine, leased);
    const [record] = await engine.getJobs([leased.jobId]);
    states.push(record?.state ?? "");
    time.nowMs += 60_060;
  }
  expect(attempts).toEqual([1, 1, 1, 2, 2, 2]);
  expect(states).toEqual(["QUEUED", "QUEUED", "QUEUED", "QUEUED", "QUEUED", "FAILED"]);
});

test("without a wait from the provider, each cool-down of an episode is twice as long (exponential backoff)", async () => {
  const { engine, submit, time } = await withAccount({});
  await submit(5);
  for (const coolDownMs of [1_000, 2_000, 4_000]) {
    await refuse(engine, await leaseOne(engine));
    time.nowMs += coolDownMs - 1;
    expect(await lease(engine, 5)).toEqual([]);
    time.nowMs += 60;
  }
  expect(await lease(engine, 5)).toHaveLength(1);
});

test.each([
  [Number.MAX_SAFE_INTEGER, 3_600_000],
  [3_600_001, 3_600_000],
  [1_001, 1_001],
  [999, 1_000],
  [0, 1_000],
  [-5, 1_000],
])("a provider that asks for %d ms gets %d", async (coolMs, coolDownMs) => {
  const { engine, submit, time } = await withAccount({});
  await submit(2);
  await refuse(engine, await leaseOne(engine), coolMs);
  expect((await engine.providerAccounts.get(pool))?.coolUntilMs).toBe(time.nowMs + coolDownMs);
});

test("bounces of one episode count as one towards maxBounces, and a success ends the episode", async () => {
  const { engine, submit, time } = await withAccount({}, { maxBounces: 1 });
  await submit(1, { maxAttempts: 1 });
  const bounceThrough = async (times: number) => {
    for (let bounce = 0; bounce < times; bounce += 1) {
      const leased = await leaseOne(engine);
      const attempt = { jobId: leased.jobId, startedMs: leased.job.startedAtMs ?? 0 };
      const verdict = await engine.providerAccounts.report(pool, { kind: "refused", attempt });
      const { episode = "" } = verdict;
      await engine.settle([{ ...leased, kind: "bounce", delayMs: 0, failure, episode }]);
      time.nowMs += 60_060;
    }
  };
  await bounceThrough(40);
  // Another job succeeds.
  await submit(1, { priority: 1 }, "bbbb");
  await complete(engine, [await leaseOne(engine)]);
  await engine.syncPolicy();
  expect((await engine.providerAccounts.get(pool))?.state).toBe("CLOSED");
  await bounceThrough(1);
  const [left] = await engine
    .listJobs({ queue, pageSize: 5, keyId: "aaaa" as never })
    .then(({ jobs }) => jobs);
  expect(left).toMatchObject({ state: "FAILED", bounces: 41 });
});

test("a used-up quota opens the circuit until an operator resets it", async () => {
  const { engine, submit, time } = await withAccount({});
  await submit(3);
  const first = await leaseOne(engine);
  await engine.providerAccounts.report(pool, { kind: "exhausted" });
  await engine.settle([{ ...first, kind: "fail", state: "FAILED", failure }]);
  time.nowMs += 24 * 60 * MINUTE;
  expect(await lease(engine, 5)).toEqual([]);
  expect((await engine.providerAccounts.get(pool))?.state).toBe("EXHAUSTED");
  expect((await engine.providerAccounts.reset(pool))?.state).toBe("CLOSED");
  time.nowMs += 60;
  expect(await lease(engine, 5)).toHaveLength(2);
});

test("a pool without an account shares its cool-downs too", async () => {
  const { engine, job, time } = await setup();
  await engine.submit(Array.from({ length: 3 }, () => job("aaaa", { pool })));
  const first = await leaseOne(engine);
  await refuse(engine, first, 2_000);
  expect(await lease(engine, 5)).toEqual([]);
  time.nowMs += 2_060;
  expect(await lease(engine, 5)).toHaveLength(1);
});

test("the next lease obeys changed limits of an account, and its removal", async () => {
  const { engine, submit, time } = await withAccount({ maxRunning: 1 });
  await submit(10);
  expect(await lease(engine, 5)).toHaveLength(1);
  await engine.providerAccounts.put({ name: pool, maxRunning: 3 });
  time.nowMs += 60;
  expect(await lease(engine, 5)).toHaveLength(2);
  expect(await engine.providerAccounts.delete(pool)).toBe(true);
  expect(await lease(engine, 10)).toHaveLength(7);
  expect(await engine.providerAccounts.list()).toEqual([]);
  expect(await engine.providerAccounts.delete(pool)).toBe(false);
});

test("after an account gets higher limits or a reset, the next lease asks it again at once", async () => {
  const { engine, submit } = await withAccount({ maxRunning: 1 });
  await submit(4);
  const [first] = await lease(engine, 2);
  expect(await lease(engine, 1)).toEqual([]);
  await engine.providerAccounts.put({ name: pool, maxRunning: 2 });
  expect(await lease(engine, 1)).toHaveLength(1);
  expect(await lease(engine, 1)).toEqual([]);
  const before = { name: pool, maxRunning: 2 };
  await engine.providerAccounts.replace(before, { name: pool });
  expect(await lease(engine, 1)).toHaveLength(1);
  if (first === undefined) throw new Error("no job");
  await refuse(engine, first, undefined, true);
  expect(await lease(engine, 1)).toEqual([]);
  await engine.providerAccounts.reset(pool);
  expect(await lease(engine, 1)).toHaveLength(1);
});

test("a large job that is not at its turn does not keep a smaller job from the rest of an account", async () => {
  const { engine, submit } = await withAccount({ tokensPerMinute: 1_000 });
  await submit(1, { estimatedTokens: 300, priority: 51 });
  await complete(engine, await lease(engine, 1), 300);
  await submit(1, { estimatedTokens: 5_000, priority: 51 });
  await submit(2, { estimatedTokens: 300, priority: 1 }, "bbbb");
  const next = await lease(engine, 5);
  expect(next.map(({ job }) => job.priority)).toEqual([1, 1]);
});

test("a large job at its turn waits at most a minute, even among many small jobs", async () => {
  const { engine, submit, time, check } = await withAccount({ tokensPerMinute: 1_000 });
  await submit(200, { estimatedTokens: 100 });
  await complete(engine, await lease(engine, 5), 100);
  await submit(1, { estimatedTokens: 1_000 }, "large");
  const kept: string[] = [];
  for (let second = 0; second < 64 && !kept.includes("large"); second += 1) {
    const leases = await lease(engine, 10);
    kept.push(...leases.map(({ jobId }) => jobId.split("~")[1] ?? ""));
    await complete(engine, leases, 100);
    time.nowMs += 1_000;
  }
  expect(kept).toContain("large");
  await check();
});

test("if an exchange dies before the shard has its grant, the next exchange completes it", async () => {
  const { engine, submit, redis, rootPrefix, time } = await withAccount({ requestsPerMinute: 4 });
  await submit(10);
  expect(await lease(engine, 1)).toHaveLength(1);
  const { base } = shardAt(rootPrefix, queue, 0);
  const report = await closeSlice.run(redis, base, { pool });
  if (report === undefined) throw new Error("the pool is no account");
  const want = { wantRequests: 2, wantTokens: 2_000, leastTokens: 1_000 };
  const account = accountBase(rootPrefix, pool);
  await exchangeAccount.run(redis, account, { ...report, ...want, shard: base, nowMs: time.nowMs });
  expect((await engine.providerAccounts.get(pool))?.requestsUsed).toBe(3);
  // First the lost grant of two jobs, then the one job that is left.
  expect(await lease(engine, 10)).toHaveLength(3);
  expect((await engine.providerAccounts.get(pool))?.requestsUsed).toBe(4);
});
