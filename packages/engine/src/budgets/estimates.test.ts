import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { audit } from "../../test/audit.ts";
import { LEASE_MS, lease, leaseOne, queue, setup } from "../../test/setup.ts";
import type { Engine, Lease, Settlement } from "../index.ts";
import { shardAt, shardIndex } from "../redis/keys.ts";

/** The largest estimate that a caller may declare. */
const ABSURD = 100_000_000;
const WINDOW = 60_000;
const pool = "openai/gpt-5";

async function withAccount(shards = 1) {
  const parts = await setup({ shards });
  await parts.engine.providerAccounts.put({ name: pool, tokensPerMinute: WINDOW, maxRunning: 50 });
  const redis = new Redis(parts.url);
  onTestFinished(() => redis.disconnect());
  const submit = (key: string, count: number, estimatedTokens?: number) =>
    parts.engine.submit(
      Array.from({ length: count }, () =>
        parts.job(key, { pool, ...(estimatedTokens === undefined ? {} : { estimatedTokens }) }),
      ),
    );
  /** What a running job reserved: as the cost of its key's turn, and of the account. */
  const reserved = async ({ jobId }: Lease) => {
    const at = shardAt(parts.rootPrefix, queue, shardIndex(jobId.split("~")[1] ?? "", shards));
    const [rsv, acs] = await redis.hmget(`${at.base}${jobId}`, "rsv", "acs");
    return { cost: Number(rsv?.split(" ")[0]), ofAccount: Number(acs?.split(" ")[1]) };
  };
  return { ...parts, submit, reserved, check: () => audit(redis, parts.rootPrefix) };
}

const spend = (engine: Engine, leases: readonly Lease[], tokens: number) =>
  engine.settle(
    leases.map((leased): Settlement => {
      const usage = { inputTokens: tokens, outputTokens: 0, providerCalls: 1 };
      return { ...leased, kind: "complete", resultJson: "1", usage };
    }),
  );

test.each([
  [1_600, 200, 1_600],
  [1_601, 200, 1_600],
  // The queue's default applies if eight times the learned amount is less.
  [1_000, 100, 1_000],
  [1_001, 100, 1_000],
  [ABSURD, 200, 1_600],
])("an estimate of %i counts, where %i were learned, as %i", async (estimate, learned, counts) => {
  const { engine, submit, reserved } = await withAccount();
  await submit("aaaa", 1, learned);
  await spend(engine, [await leaseOne(engine)], learned);
  await submit("aaaa", 1, estimate);
  expect(await reserved(await leaseOne(engine))).toEqual({ cost: counts, ofAccount: counts });
});

test("a key's own budget reserves the whole estimate, whatever was learned", async () => {
  const { engine, submit, reserved, job } = await withAccount();
  await engine.keyBudgets.set("aaaa" as never, { tokensPerMinute: 50_000, tokensPerDay: 49_000 });
  await submit("aaaa", 1, 100);
  await spend(engine, [await leaseOne(engine)], 100);
  await submit("aaaa", 1, 20_000);
  const second = await leaseOne(engine);
  expect(await reserved(second)).toEqual({ cost: 1_000, ofAccount: 1_000 });
  const third = job("aaaa", { pool, estimatedTokens: 30_000 });
  await engine.submit([third]);
  expect(await lease(engine, 1)).toEqual([]);
  const explained = await engine.explain(third.id);
  expect(explained?.constraints).toMatchObject([
    { kind: "KEY_DAILY_TOKENS", used: 20_100, needed: 30_000, limit: 49_000 },
    { kind: "KEY_TOKENS", used: 20_100, needed: 30_000, limit: 50_000 },
  ]);
  await spend(engine, [second], 10_000);
  expect(await lease(engine, 1)).toHaveLength(1);
});

test("tokens spent beyond the capped estimate become a debt of the account", async () => {
  const { engine, submit, time } = await withAccount();
  await submit("aaaa", 1, 100);
  await spend(engine, [await leaseOne(engine)], 100);
  await submit("aaaa", 2, WINDOW);
  await spend(engine, [await leaseOne(engine)], WINDOW);
  await engine.syncPolicy();
  // The shard has used up its slice by then.
  time.nowMs += 1_001;
  expect(await lease(engine, 1)).toEqual([]);
});

test("an estimate counts at most what its key's own budget allows", async () => {
  const { engine, submit, reserved } = await withAccount();
  await engine.keyBudgets.set("aaaa" as never, { tokensPerMinute: 10_000, tokensPerDay: 9_000 });
  await submit("aaaa", 1, ABSURD);
  expect(await reserved(await leaseOne(engine))).toEqual({ cost: 9_000, ofAccount: 9_000 });
});

test("while no other key needs the account, an estimate counts up to the account's limit for a minute", async () => {
  const { engine, submit, reserved } = await withAccount();
  await submit("aaaa", 1, 1);
  await spend(engine, [await leaseOne(engine)], 0);
  await submit("aaaa", 1, ABSURD);
  expect(await reserved(await leaseOne(engine))).toEqual({ cost: WINDOW, ofAccount: WINDOW });
});

test.each(["waits", "runs", "used it a minute ago"])(
  "an unproven estimate takes at most an eighth of an account while another key %s",
  async (other) => {
    const { engine, submit, reserved, time } = await withAccount();
    // The shard knows the account's limits, and another key has used the account.
    await submit("bbbb", 1, 100);
    const first = await leaseOne(engine);
    if (other !== "runs") await spend(engine, [first], 100);
    if (other === "waits") {
      time.nowMs += 10 * 60_000;
      await submit("bbbb", 1, 100);
    }
    if (other === "used it a minute ago") time.nowMs += 60_000;
    await submit("aaaa", 1, ABSURD);
    const leases = await lease(engine, 2);
    const hostile = leases.find((leased) => leased.jobId.includes("~aaaa~")) as Lease;
    const eighth = WINDOW / 8;
    expect(await reserved(hostile)).toEqual({ cost: eighth, ofAccount: eighth });
  },
);

test.each([[["summarize"]], [["summarize", "echo"]]])(
  "an estimate is capped while another key waits for workers that name its type (%j)",
  async (types) => {
    const { engine, submit, reserved } = await withAccount();
    const request = { queue, count: 1, leaseMs: LEASE_MS, workerId: "w1", types };
    await engine.lease(request);
    await submit("aaaa", 1, ABSURD);
    await submit("bbbb", 1, 100);
    const [first] = (await engine.lease(request)).leases;
    expect(first?.jobId).toContain("~aaaa~");
    expect((await reserved(first as Lease)).ofAccount).toBeLessThanOrEqual(WINDOW / 8);
  },
);

test("a minute after the last use by another key, a key may use an account alone again", async () => {
  const { engine, submit, reserved, time } = await withAccount();
  await submit("bbbb", 1, 100);
  await spend(engine, [await leaseOne(engine)], 100);
  time.nowMs += 62_001;
  await submit("aaaa", 1, ABSURD);
  expect((await reserved(await leaseOne(engine))).ofAccount).toBe(WINDOW);
});

test("an amount that a key was seen to spend counts in full, even if other keys wait", async () => {
  const { engine, submit, reserved, time } = await withAccount();
  await submit("aaaa", 1, 30_000);
  await spend(engine, [await leaseOne(engine)], 30_000);
  time.nowMs += 62_000;
  await submit("bbbb", 1, 100);
  await submit("aaaa", 1, 30_000);
  const leases = await lease(engine, 2);
  const honest = leases.find((leased) => leased.jobId.includes("~aaaa~")) as Lease;
  expect((await reserved(honest)).ofAccount).toBe(30_000);
});

test("explain reports what a job would reserve", async () => {
  const { engine, submit, job } = await withAccount();
  await submit("bbbb", 600, 100);
  for (let n = 0; n < 12; n += 1) await spend(engine, await lease(engine, 50), 100);
  const hostile = job("aaaa", { pool, estimatedTokens: ABSURD });
  await engine.submit([hostile]);
  const explained = await engine.explain(hostile.id);
  const tokens = explained?.constraints.find(({ kind }) => kind === "PROVIDER_TOKENS");
  expect(tokens).toMatchObject({ used: WINDOW, limit: WINDOW, needed: WINDOW / 8 });
});

/**
 * Ninety seconds of a worker with 50 slots whose jobs take 2 s and 100 tokens. Returns how many of the
 * victim's jobs start. No more than the account's limit is ever reserved.
 */
async function victimsShare(
  hostileEstimate: number | undefined,
  shards: number,
  keys: [string, string],
) {
  const { engine, submit, time, check } = await withAccount(shards);
  const [hostile, victim] = keys;
  if (hostileEstimate !== undefined) await submit(hostile, 200, hostileEstimate);
  await submit(victim, 1_200, 100);
  const running: { readonly untilMs: number; readonly leased: Lease }[] = [];
  let started = 0;
  for (let tick = 0; tick < 360; tick += 1) {
    time.nowMs += 250;
    const ended = running
      .filter(({ untilMs }) => untilMs <= time.nowMs)
      .map(({ leased }) => leased);
    running.splice(0, ended.length);
    await spend(engine, ended, 100);
    const { leases } = await engine.lease({
      ...{ queue, count: 50 - running.length, leaseMs: LEASE_MS, workerId: "w1" },
    });
    for (const leased of leases) {
      running.push({ untilMs: time.nowMs + 2_000, leased });
      if (leased.jobId.includes(`~${victim}~`)) started += 1;
    }
    const [status] = await engine.providerAccounts.list();
    expect(status?.tokensUsed).toBeLessThanOrEqual(WINDOW);
  }
  await check();
  return started;
}

test.each([
  ["in its shard", 1],
  ["in another shard", 2],
])(
  "a key with absurd estimates leaves a key %s its fair share of an account",
  async (_, shards) => {
    const names = Array.from({ length: 50 }, (_, n) => `key${n}`);
    const victim = names.find((name) => shardIndex(name, shards) === shards - 1) as string;
    const hostile = names.find(
      (name) => name !== victim && shardIndex(name, shards) === 0,
    ) as string;
    const without = await victimsShare(undefined, shards, [hostile, victim]);
    const against = await victimsShare(ABSURD, shards, [hostile, victim]);
    expect(without).toBeGreaterThan(800);
    // With an equal key, it would get one half.
    expect(against).toBeGreaterThan((without / 2) * 0.8);
  },
);
