import type { KeyId } from "@millrace/shared";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { lease, leaseOne, queue, setup } from "../../test/setup.ts";
import type { DayUsage, Usage } from "../index.ts";

const failure = { reason: "PROVIDER_ERROR", message: "the provider answered 500", retryable: true };
const DAY_MS = 86_400_000;
const nothing = {
  ...{ inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 },
  ...{ providerCalls: 0, computeMs: 0 },
};
const spent: Usage = {
  ...{ inputTokens: 1_000, cachedInputTokens: 600, outputTokens: 50, reasoningTokens: 20 },
  ...{ providerCalls: 2, computeMs: 7, model: "gpt-5-mini" },
};
const ordered = (rows: readonly DayUsage[]) =>
  [...rows].sort((a, b) => (a.keyId + a.pool + a.model < b.keyId + b.pool + b.model ? -1 : 1));

test("each settled attempt counts once, under its key, pool, model and day", async () => {
  const { engine, job, time } = await setup({ shards: 3 });
  const day = Math.floor(time.nowMs / DAY_MS);
  await engine.submit([job("aaaa", { pool: "openai/main" }), job("bbbb")]);
  const held = await lease(engine, 2);
  const ofA = held.find(({ job: { pool } }) => pool !== undefined);
  const ofB = held.find(({ job: { pool } }) => pool === undefined);
  if (ofA === undefined || ofB === undefined) throw new Error("both jobs must be leased");
  await engine.settle([
    { ...ofA, kind: "retry", delayMs: 0, failure, usage: spent },
    { ...ofB, kind: "complete", resultJson: "1" },
  ]);
  const again = await leaseOne(engine);
  const end = { ...again, kind: "complete", resultJson: "1", usage: spent } as const;
  expect(await engine.settle([end, { ...ofA, kind: "release" }])).toEqual([
    { kind: "settled", state: "SUCCEEDED" },
    { kind: "leaseLost" },
  ]);
  await engine.settle([end]);
  const whole = {
    ...{ inputTokens: 2_000, cachedInputTokens: 1_200, outputTokens: 100, reasoningTokens: 40 },
    ...{ providerCalls: 4, computeMs: 14 },
  };
  const rowOfA = { keyId: "aaaa", pool: "openai/main", model: "gpt-5-mini", jobs: 1, attempts: 2 };
  const rowOfB = { keyId: "bbbb", pool: "", model: "", jobs: 1, attempts: 1, usage: nothing };
  expect(ordered(await engine.usageOfDay(day))).toEqual([{ ...rowOfA, usage: whole }, rowOfB]);
  expect(await engine.usageOfDay(day, "bbbb" as KeyId)).toEqual([rowOfB]);
  const [record] = await engine.getJobs([ofA.jobId]);
  expect(record?.usage).toEqual({ ...whole, model: "gpt-5-mini" });
});

test("an attempt counts on the day on which it is settled", async () => {
  const { engine, job, time } = await setup();
  const day = Math.floor(time.nowMs / DAY_MS);
  await engine.submit([job("aaaa"), job("aaaa")]);
  const [first, second] = await lease(engine, 2);
  if (first === undefined || second === undefined) throw new Error("both jobs must be leased");
  time.nowMs = (day + 1) * DAY_MS - 1;
  await engine.settle([{ ...first, kind: "complete", resultJson: "1", usage: spent }]);
  time.nowMs += 1;
  await engine.settle([{ ...second, kind: "release", usage: spent }]);
  const counted = async (of: number) =>
    (await engine.usageOfDay(of)).map(({ jobs, attempts }) => [jobs, attempts]);
  expect(await counted(day)).toEqual([[1, 1]]);
  expect(await counted(day + 1)).toEqual([[0, 1]]);
  expect(await counted(day + 2)).toEqual([]);
});

test("a key has at most 64 pairs of pool and model in a day, and what comes later is summed up", async () => {
  const { engine, job, time, url, rootPrefix } = await setup();
  const day = Math.floor(time.nowMs / DAY_MS);
  const MODELS = 70;
  await engine.submit(
    Array.from({ length: 2 * MODELS + 1 }, (_, i) => job(i === 0 ? "bbbb" : "aaaa")),
  );
  const held = await lease(engine, 2 * MODELS + 1);
  const settle = (at: number, model: string) => ({
    ...({ ...(held[at] as (typeof held)[number]), kind: "complete", resultJson: "1" } as const),
    usage: { ...spent, model },
  });
  const ofA = held.flatMap(({ jobId }, at) => (jobId.includes("~aaaa~") ? [at] : []));
  const ofB = held.findIndex(({ jobId }) => jobId.includes("~bbbb~"));
  await engine.settle(ofA.slice(0, MODELS).map((at, i) => settle(at, `model-${i}`)));
  await engine.settle(ofA.slice(MODELS).map((at, i) => settle(at, `model-${i}`)));
  await engine.settle([settle(ofB, "model-69")]);
  const rows = await engine.usageOfDay(day);
  const own = rows.filter(({ keyId, model }) => keyId === "aaaa" && model !== "*");
  expect(own).toHaveLength(64);
  expect(new Set(own.map(({ attempts }) => attempts))).toEqual(new Set([2]));
  expect(rows).toContainEqual(expect.objectContaining({ pool: "*", model: "*", attempts: 12 }));
  expect(rows).toContainEqual(expect.objectContaining({ keyId: "bbbb", model: "model-69" }));
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const key = `${rootPrefix}:{${queue}:0}:${queue}:mr:usage:${day}`;
  expect(await redis.hlen(key)).toBe(64 + 1 + 1 + 1 + 1);
  expect(await redis.pttl(key)).toBeGreaterThan(92 * DAY_MS);
});
