import type { KeyId } from "@millrace/shared";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { lease, queue, setup } from "../../test/setup.ts";
import { accountBase, shardAt } from "../redis/keys.ts";

const keyId = "aaaa" as KeyId;
const pool = "openai/gpt-5";

/** A queue with a job in every place, budgets, an account and output. */
async function setupBusy() {
  const parts = await setup();
  const { engine, job, time, url, rootPrefix } = parts;
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const { base } = shardAt(rootPrefix, queue, 0);
  await engine.keyBudgets.set(keyId, { maxRunning: 3, tokensPerMinute: 100_000 });
  await engine.providerAccounts.put({ name: pool, maxRunning: 2 });
  const later = job(keyId, { runAtMs: time.nowMs + 60_000, expiresAtMs: time.nowMs + 90_000 });
  await engine.submit([later, ...Array.from({ length: 5 }, () => job(keyId))]);
  await engine.models.put({ name: "gpt-5", routes: [{ account: pool, model: "gpt-5" }] });
  await engine.submit([
    ...[job("bbbb", { pool }), job("bbbb", { priority: 7 })],
    job("cccc", { model: "gpt-5" }),
  ]);
  const leases = await lease(engine, 10);
  const routed = leases.find(({ route }) => route !== undefined);
  const [first, second] = leases.filter((one) => one !== routed);
  if (first === undefined || second === undefined || routed === undefined)
    throw new Error("no jobs");
  await engine.append([
    { ...first, chunks: [0, 1, 2].map((seq) => ({ seq, kind: "text", body: `${seq}` })) },
  ]);
  await engine.settle([{ ...second, kind: "complete", resultJson: "1" }]);
  const waiting = job(keyId);
  await engine.submit([waiting]);
  // All of the key's slots are taken again, and its lane waits for one of them.
  await lease(engine, 10);
  const find = async () =>
    (await engine.audit()).map(({ invariant, subject }) => `${invariant} ${subject}`);
  return { ...parts, redis, base, leases, later, waiting, first, second, routed, find };
}

test("a database in which all invariants hold has no findings", async () => {
  const { find } = await setupBusy();
  expect(await find()).toEqual([]);
});

type Parts = Awaited<ReturnType<typeof setupBusy>>;

/** Each entry damages the database, and names the finding that the audit must return. */
const damages: readonly [string, (parts: Parts) => Promise<unknown>, (parts: Parts) => string][] = [
  [
    "a job in two places",
    ({ redis, base, waiting }) => redis.zadd(`${base}delayed`, 1, waiting.id),
    ({ waiting }) => `1 ${waiting.id}`,
  ],
  [
    "a suspect among other jobs",
    ({ redis, base, waiting }) => redis.hset(base + waiting.id, "sus", 1),
    ({ waiting }) => `8 ${waiting.id}`,
  ],
  [
    "a job in the lane of another family of types",
    async ({ redis, base }) => {
      await redis.hset(`${base}mr:families`, "#1", "1 1 several");
      await redis.rename(`${base}mr:lane:aaaa|2|`, `${base}mr:lane:aaaa|2||#1`);
    },
    ({ waiting }) => `8 ${waiting.id}`,
  ],
  [
    "a job in no place",
    ({ redis, base, later }) => redis.zrem(`${base}delayed`, later.id),
    ({ later }) => `1 ${later.id}`,
  ],
  [
    "a place without its job",
    ({ redis, base, waiting }) => redis.del(base + waiting.id),
    ({ waiting }) => `1 ${waiting.id}`,
  ],
  [
    "a job that ended and was leased again",
    ({ redis, base, second }) => redis.hincrby(base + second.jobId, "ats", 1),
    ({ second }) => `2 ${second.jobId}`,
  ],
  [
    "a lease without a running job",
    ({ redis, base, second }) => redis.zadd(`${base}mr:leases`, 1, second.jobId),
    ({ second }) => `3 ${second.jobId}`,
  ],
  [
    "a running job whose lease has no expiry",
    ({ redis, base, first }) => redis.zrem(`${base}mr:leases`, first.jobId),
    ({ first }) => `3 ${first.jobId}`,
  ],
  [
    "a lock that an older lease holds",
    ({ redis, base, first }) => redis.set(`${base}${first.jobId}:lock`, "7"),
    ({ first }) => `3 ${first.jobId}`,
  ],
  [
    "a reservation that is not counted",
    ({ redis, base }) => redis.hincrby(`${base}mr:use:${keyId}`, "n", -1),
    () => `5 ${keyId}`,
  ],
  [
    "a window that is not the sum of its buckets",
    ({ redis, base }) => redis.hincrby(`${base}mr:use:${keyId}`, "ts", 1),
    () => `5 ${keyId}`,
  ],
  [
    "a shard that may use more of a key's budget than it was given",
    ({ redis, base }) => redis.hset(`${base}mr:use:${keyId}`, "po", "1 0 99999,99999,99999,99999"),
    () => `5 ${keyId}`,
  ],
  [
    "a shard that may run more of an account than it was allowed",
    ({ redis, base }) => redis.hset(`${base}mr:slice:${pool}`, "a", 99),
    () => `5 ${pool}`,
  ],
  [
    "an account with a wrong sum of allowed jobs",
    ({ redis, rootPrefix }) => redis.hset(`${accountBase(rootPrefix, pool)}mr:account`, "R", 99),
    () => `5 ${pool}`,
  ],
  [
    "a lane that is neither ready nor held",
    ({ redis, base }) => redis.zrem(`${base}mr:held`, `${keyId}|2|`),
    () => `6 ${keyId}|2|`,
  ],
  [
    "a lane that waits for a slot although one is free",
    ({ redis, base }) => redis.hset(`${base}mr:budgets`, keyId, '{"maxRunning":9}'),
    () => `6 ${keyId}|2|`,
  ],
  [
    "output with a gap",
    ({ redis, base, first }) => redis.xdel(`${base}${first.jobId}:output`, "2-0"),
    ({ first }) => `10 ${first.jobId}`,
  ],
  [
    "a shard with other routes of a model",
    ({ redis, base }) => redis.hset(`${base}mr:models`, "gpt-5", "other - gpt-5"),
    () => "15 gpt-5",
  ],
  [
    "a model that only a shard has",
    ({ redis, base }) => redis.hset(`${base}mr:models`, "gone", "other - gpt-5"),
    () => "15 gone",
  ],
  [
    "an attempt whose reservation is of another account than its route",
    ({ redis, base, routed }) => redis.hset(base + routed.jobId, "rt", "other - gpt-5"),
    ({ routed }) => `15 ${routed.jobId}`,
  ],
  ["a wrong counter", ({ redis, base }) => redis.hincrby(`${base}mr:depth`, "*", 1), () => "11 *"],
];

test.each(damages)("finds %s", async (_, damage, finding) => {
  const parts = await setupBusy();
  await damage(parts);
  expect(await parts.find()).toContain(finding(parts));
});

test("a finding about a counter names its queue and shard", async () => {
  const { engine, url, rootPrefix } = await setup({ shards: 3 });
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const shards = [0, 1, 2].map((index) => shardAt(rootPrefix, queue, index));
  for (const { base } of shards) await redis.hincrby(`${base}mr:depth`, "*", 1);
  expect(await engine.audit()).toMatchObject(
    [0, 1, 2].map((shard) => ({
      ...{ invariant: 11, subject: "*" },
      problem: `has 0 jobs in lanes, counted as 1 (queue ${queue}, shard ${shard})`,
    })),
  );
});

test("a change that was under way is no finding, because a second pass does not confirm it", async () => {
  const { engine, redis, base, waiting, find } = await setupBusy();
  await redis.zadd(`${base}delayed`, 1, waiting.id);
  let repaired = false;
  const findings = await engine.audit({
    looksAgain: 1,
    onProgress: () => {
      if (repaired) return;
      repaired = true;
      // Redis executes this before the next pass, because it is sent at once.
      void redis.zrem(`${base}delayed`, waiting.id);
    },
  });
  expect(findings).toEqual([]);
  expect(await find()).toEqual([]);
});

test("the audit reports its progress", async () => {
  const { engine } = await setup({ shards: 3 });
  const seen: number[] = [];
  await engine.audit({ onProgress: ({ shardsDone }) => seen.push(shardsDone) });
  expect(seen).toEqual([1, 2, 3]);
});
