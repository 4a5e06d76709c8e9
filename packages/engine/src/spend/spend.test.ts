import type { KeyId } from "@millrace/shared";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { lease, leaseOne, queue, setup } from "../../test/setup.ts";
import type { DaySpend, Lease, Settlement, SpendSettings, Usage } from "../index.ts";
import { shardAt, spendKey } from "../redis/keys.ts";
import { MOST_MICROS } from "./costs.ts";

const DAY_MS = 86_400_000;
const failure = { reason: "PROVIDER_ERROR", message: "the provider answered 500", retryable: true };
const price = { inputMicros: 1_250_000, cachedInputMicros: 125_000, outputMicros: 10_000_000 };
/** 400 × 1.25 + 600 × 0.125 + 50 × 10 micro-dollars are 1,075. */
const spent: Usage = {
  ...{ inputTokens: 1_000, cachedInputTokens: 600, outputTokens: 50, reasoningTokens: 20 },
  ...{ providerCalls: 1, model: "gpt-5-2025" },
};
const COST = 1_075;
const model = "gpt-5";

/** An engine with a model: its route on "two" costs twice as much, and the one on "free" has no known price. */
async function setupSpend(spend: Partial<SpendSettings> = {}, shards = 1) {
  const parts = await setup({ shards }, { spend });
  const { engine, time, url, rootPrefix } = parts;
  const twice = { inputMicros: 2_500_000, cachedInputMicros: 250_000, outputMicros: 20_000_000 };
  await engine.models.put({
    ...{ name: model, price },
    routes: [
      { account: "one", model: "gpt 5" },
      { account: "two", model: "gpt-5", price: twice },
    ],
  });
  await engine.models.put({ name: "free", routes: [{ account: "one", model: "free" }] });
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const { base } = shardAt(rootPrefix, queue, 0);
  const today = Math.floor(time.nowMs / DAY_MS);
  return { ...parts, redis, base, today };
}

const complete = (held: Lease, usage: Usage = spent): Settlement => ({
  ...{ ...held, kind: "complete", resultJson: "1", usage },
});

const short = ({
  keyId,
  model,
  account,
  labels,
  attempts,
  unpricedAttempts,
  costMicros,
}: DaySpend) =>
  [keyId, model, account, JSON.stringify(labels), attempts, unpricedAttempts, costMicros].join(" ");

const ordered = (rows: readonly DaySpend[]) => rows.map(short).sort();

test("each settled attempt counts once, at the price of its route", async () => {
  const { engine, job, today } = await setupSpend({}, 3);
  const [first] = [job("aaaa", { model })];
  await engine.submit([first]);
  const held = await leaseOne(engine);
  const failed = { ...held, kind: "retry", delayMs: 0, failure, usage: spent } as const;
  await engine.settle([{ ...failed, accountFailed: true }]);
  expect(await engine.settle([failed])).toEqual([{ kind: "leaseLost" }]);
  const again = await leaseOne(engine);
  expect(again.route?.account).toBe("two");
  await engine.settle([complete(again)]);
  await engine.settle([complete(again)]);
  expect(ordered(await engine.spendOfDay(today))).toEqual([
    `aaaa gpt-5 one {} 1 0 ${COST}`,
    `aaaa gpt-5 two {} 1 0 ${2 * COST}`,
  ]);
  const [record] = await engine.getJobs([first.id], "attempts");
  expect(record?.usage).toMatchObject({ inputTokens: 2_000, costMicros: 3 * COST });
  expect(record?.usage?.unpricedAttempts).toBeUndefined();
  expect(record?.attempts?.[0]?.usage?.costMicros).toBe(COST);
  expect(await engine.audit()).toEqual([]);
});

test("an attempt without a price counts its tokens, and says that it had no price", async () => {
  const { engine, job, today } = await setupSpend();
  const jobs = [
    job("aaaa", { model: "free" }),
    job("aaaa", { pool: "gpu" }),
    job("aaaa"),
    // It used no provider, so there is nothing to pay.
    job("aaaa", { priority: 90 }),
  ];
  await engine.submit(jobs);
  const held = await lease(engine, 4);
  const idle = { inputTokens: 0, outputTokens: 0, providerCalls: 0, computeMs: 5 };
  await engine.settle(held.map((one) => complete(one, one.jobId === jobs[3]?.id ? idle : spent)));
  expect(ordered(await engine.spendOfDay(today))).toEqual([
    "aaaa   {} 1 1 0",
    "aaaa  gpu {} 1 1 0",
    "aaaa free one {} 1 1 0",
  ]);
  const records = await engine.getJobs(jobs.map(({ id }) => id));
  const unpriced = records.map((record) => record?.usage?.unpricedAttempts);
  expect(unpriced).toEqual([1, undefined, undefined, undefined]);
  expect(records.map((record) => record?.usage?.costMicros)).toEqual(Array(4).fill(undefined));
  expect((await engine.spendOfDay(today))[0]).toMatchObject({
    ...{ inputTokens: 1_000, cachedInputTokens: 600, outputTokens: 50, reasoningTokens: 20 },
    providerCalls: 1,
  });
  expect(await engine.audit()).toEqual([]);
});

test("an attempt costs what its route cost when it was leased", async () => {
  const { engine, job, today } = await setupSpend();
  await engine.submit([job("aaaa", { model })]);
  const held = await leaseOne(engine);
  await engine.models.put({
    ...{ name: model, routes: [{ account: "one", model: "gpt 5" }] },
    price: { inputMicros: 1, outputMicros: 1 },
  });
  await engine.settle([complete(held)]);
  await engine.submit([job("aaaa", { model })]);
  const later = await leaseOne(engine);
  await engine.models.remove(model);
  await engine.settle([complete(later, { inputTokens: 7e6, outputTokens: 0, providerCalls: 1 })]);
  expect(ordered(await engine.spendOfDay(today))).toEqual([`aaaa gpt-5 one {} 2 0 ${COST + 7}`]);
});

test("only the operator's labels count, and those beyond the most count together", async () => {
  const { engine, job, today } = await setupSpend({ labels: ["team", "stage"] });
  const labels = { stage: 'x|"y"', team: "blue", other: "z" };
  await engine.submit([
    job("aaaa", { model, labels }),
    job("aaaa", { model, labels: { other: "z" } }),
  ]);
  const held = await lease(engine, 2);
  await engine.settle(held.map((one) => complete(one)));
  expect((await engine.spendOfDay(today)).map((one) => one.labels)).toEqual(
    expect.arrayContaining([{ team: "blue", stage: 'x|"y"' }, {}]),
  );
  const many = Array.from({ length: 130 }, (_, at) =>
    job("aaaa", { model, labels: { team: `team ${at}` } }),
  );
  await engine.submit(many);
  const all = await lease(engine, 130);
  for (const some of [all.slice(0, 60), all.slice(60)]) {
    await engine.settle(some.map((one) => complete(one)));
  }
  const rows = await engine.spendOfDay(today);
  expect(rows.filter((row) => row.labels !== "*")).toHaveLength(101);
  expect(ordered(rows)).toContain(`aaaa gpt-5 one "*" 31 0 ${31 * COST}`);
  expect(rows.reduce((sum, row) => sum + row.costMicros, 0)).toBe(132 * COST);
  expect(ordered(await engine.spendOfDay(today, "aaaa" as KeyId))).toEqual(ordered(rows));
  expect(await engine.audit()).toEqual([]);
});

test("accounts beyond the most of a day count together", async () => {
  const { engine, job, today } = await setupSpend();
  const pools = Array.from({ length: 105 }, (_, at) => `pool-${at}`);
  await engine.submit(pools.map((pool) => job("aaaa", { pool })));
  await engine.settle((await lease(engine, 105)).map((one) => complete(one)));
  const rows = await engine.spendOfDay(today);
  expect(rows).toHaveLength(101);
  expect(ordered(rows)).toContain('aaaa * * "*" 5 5 0');
  expect(ordered(await engine.spendOfDay(today, "aaaa" as KeyId))).toEqual(ordered(rows));
  expect(await engine.audit()).toEqual([]);
});

test("an attempt counts on the day on which it is settled, and a day is kept as long as it was set", async () => {
  const { engine, job, time, today, redis, base } = await setupSpend({ keepDays: 3 });
  await engine.submit([job("aaaa", { model }), job("aaaa", { model }), job("bbbb", { model })]);
  const held = await lease(engine, 3);
  const [first, second] = held.filter(({ jobId }) => jobId.includes("~aaaa~"));
  const third = held.find(({ jobId }) => jobId.includes("~bbbb~"));
  if (!first || !second || !third) throw new Error("three jobs must be leased");
  time.nowMs = (today + 1) * DAY_MS - 1;
  await engine.settle([complete(first)]);
  expect(await redis.pttl(spendKey({ base }, today))).toBeGreaterThan(2 * DAY_MS);
  time.nowMs += 1;
  await engine.settle([complete(second)]);
  const counted = async (day: number) =>
    (await engine.spendOfDay(day)).map(({ keyId, attempts }) => `${keyId} ${attempts}`).sort();
  expect([await counted(today), await counted(today + 1)]).toEqual([["aaaa 1"], ["aaaa 1"]]);
  // A scheduler whose clock is behind: what has begun of a key closes its day before.
  await engine.submit([job("aaaa", { model })]);
  const fourth = await leaseOne(engine);
  time.nowMs -= 1;
  await engine.settle([complete(third), complete(fourth)]);
  expect([await counted(today), await counted(today + 1)]).toEqual([
    ["aaaa 1", "bbbb 1"],
    ["aaaa 2"],
  ]);
  expect(await engine.spendOfDay(today, "bbbb" as KeyId)).toHaveLength(1);
  expect(await engine.audit()).toEqual([]);
});

test("amounts beyond the largest whole number are the largest one", async () => {
  const { engine, job, today } = await setupSpend();
  await engine.models.put({
    ...{ name: "dear", routes: [{ account: "one", model: "x" }] },
    price: { inputMicros: 10 ** 12, outputMicros: 10 ** 12 },
  });
  const one = job("aaaa", { model: "dear" });
  await engine.submit([one]);
  const usage = { inputTokens: 2 ** 52, outputTokens: 1, providerCalls: 1 };
  const held = await leaseOne(engine);
  await engine.settle([{ ...held, kind: "retry", delayMs: 0, failure, usage }]);
  await engine.settle([complete(await leaseOne(engine), { ...usage, model: 'a"b' })]);
  expect(ordered(await engine.spendOfDay(today))).toEqual([`aaaa dear one {} 2 0 ${MOST_MICROS}`]);
  const [record] = await engine.getJobs([one.id]);
  expect(record?.usage).toEqual({
    ...{ inputTokens: MOST_MICROS, outputTokens: 2, providerCalls: 2, model: 'a"b' },
    costMicros: MOST_MICROS,
  });
});

test.each([
  [{ labels: ["a", "b", "c", "d", "e"] }],
  [{ labels: ["a", "a"] }],
  [{ labels: ["a\nb"] }],
  [{ keepDays: 0 }],
  [{ keepDays: 1.5 }],
])("refuses the settings %j", async (spend) => {
  await expect(setup({}, { spend })).rejects.toThrow(/spend\.(labels|keepDays) must be/);
});
