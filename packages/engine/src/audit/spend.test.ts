/** What the audit finds of spend, and how it is repaired. */
import type { KeyId } from "@millrace/shared";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { lease, queue, setup } from "../../test/setup.ts";
import { shardAt } from "../redis/keys.ts";

const DAY_MS = 86_400_000;
const key = "aaaa";

/** A key with spend of three days, the first of which has a job that is removed. It has spent 30 micro-dollars in all. */
async function setupSpent() {
  const parts = await setup();
  const { engine, job, time, url, rootPrefix } = parts;
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const { base } = shardAt(rootPrefix, queue, 0);
  await engine.models.put({
    ...{ name: "m", routes: [{ account: "one", model: "x" }] },
    price: { inputMicros: 1_000_000, outputMicros: 0 },
  });
  const spend = async (inputTokens: number) => {
    await engine.submit([job(key, { model: "m", labels: { team: "x" } })]);
    const [held] = await lease(engine, 1);
    if (held === undefined) throw new Error("no job was next");
    const usage = { inputTokens, outputTokens: 0, providerCalls: 1 };
    await engine.settle([{ ...held, kind: "complete", resultJson: "1", usage }]);
    return held.jobId;
  };
  const first = await spend(5);
  time.nowMs += DAY_MS;
  await spend(8);
  time.nowMs += 2 * DAY_MS;
  await spend(10);
  const last = await spend(7);
  expect(await engine.remove(first)).toBe("removed");
  expect(await engine.audit()).toEqual([]);
  const today = Math.floor(time.nowMs / DAY_MS);
  const of = (day: number) => `${base}mr:spend:${day}`;
  return { ...parts, redis, base, last, of, today, total: `${base}mr:spend`, spend };
}

type Parts = Awaited<ReturnType<typeof setupSpent>>;
type Damage = readonly [string, (parts: Parts) => Promise<unknown>];

const repairable: readonly Damage[] = [
  [
    "a total that is too large",
    ({ redis, total, today }) => redis.hset(total, key, `31 5 ${today}`),
  ],
  ["a total that is lost", ({ redis, total }) => redis.hdel(total, key)],
  ["a total that cannot be read", ({ redis, total }) => redis.hset(total, key, "x")],
  [
    "a wrong sum of removed jobs",
    ({ redis, total, today }) => redis.hset(total, key, `30 6 ${today}`),
  ],
  [
    "a day that began with another total",
    ({ redis, of, today }) => redis.hset(of(today), key, `0 1 12 ${today - 2} ${key}|m|one|`),
  ],
  [
    "a day that does not list its record",
    ({ redis, of, today }) => redis.hset(of(today), key, `0 1 13 ${today - 2} ${key}|x|one|`),
  ],
  [
    "a day whose start cannot be read",
    ({ redis, of, today }) => redis.hset(of(today - 2), key, "x"),
  ],
];

test.each(repairable)("repairs %s", async (_, damage) => {
  const parts = await setupSpent();
  const { engine, redis, total, today, spend } = parts;
  const books = async () => [
    await redis.hget(total, key),
    await Promise.all([0, 2, 3].map((back) => redis.hget(parts.of(today - back), key))),
  ];
  const before = await books();
  await damage(parts);
  const findings = await engine.audit();
  expect(findings.map(({ invariant, subject }) => `${invariant} ${subject}`)).toContain(
    `16 ${key}`,
  );
  const repairs = await Array.fromAsync(engine.repair(findings));
  expect(repairs).toEqual([
    { subject: key, done: expect.stringContaining("what its attempts cost") },
  ]);
  expect(await books()).toEqual(before);
  expect(await engine.audit()).toEqual([]);
  await spend(3);
  expect(await engine.audit()).toEqual([]);
});

test.each<Damage>([
  [
    "a record that was changed",
    async ({ redis, of, today }) => {
      const record = await redis.hgetBuffer(of(today), `${key}|m|one|`);
      record?.writeDoubleLE(99, 56);
      await redis.hset(of(today), `${key}|m|one|`, record ?? "");
    },
  ],
  ["a record that is lost", ({ redis, of, today }) => redis.hdel(of(today - 2), `${key}|m|one|`)],
  [
    "a job that says that it cost more",
    ({ redis, base, last }) => redis.hset(base + last, "use", '{"i":7,"c":1,"k":8}'),
  ],
])("finds %s, whose right value cannot be proved", async (_, damage) => {
  const parts = await setupSpent();
  await damage(parts);
  const findings = await parts.engine.audit();
  expect(findings.map(({ invariant, subject }) => `${invariant} ${subject}`)).toContain(
    `16 ${key}`,
  );
});

test("a repair ends, whatever the days say of those before them", async () => {
  const { engine, redis, of, today, total } = await setupSpent();
  await redis.hset(of(today), key, `0 1 7 ${today} ${key}|m|one|`);
  await redis.hset(of(0), key, "x");
  await redis.hset(total, key, `30 5 ${today}`);
  await Array.fromAsync(engine.repair(await engine.audit()));
  expect(await engine.audit()).toMatchObject([{ invariant: 16 }, {}, {}]);
});

test("finds records that no later day continues", async () => {
  const { engine, redis, of, today } = await setupSpent();
  await redis.hset(of(today), key, `0 1 13 0 ${key}|m|one|`);
  expect((await engine.audit()).map(({ problem }) => problem).sort()).toEqual([
    expect.stringContaining(`day ${today - 3} has records that no later day continues`),
    expect.stringContaining(`day ${today - 2} has records that no later day continues`),
  ]);
});

test("days that are no longer kept, and other keys, are no findings", async () => {
  const { engine, redis, of, today, job } = await setupSpent();
  await redis.del(of(today - 3));
  await engine.submit([job("bbbb")]);
  expect(await engine.spendOfDay(today, "bbbb" as KeyId)).toEqual([]);
  expect(await engine.audit()).toEqual([]);
  await redis.del(of(today), of(today - 2));
  expect(await engine.audit()).toEqual([]);
});
