/** Stored values that another program has overwritten do not delay other jobs, and are reported. */
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { shardAt } from "../src/redis/keys.ts";
import { LEASE_MS, lease, leaseOne, queue, setup, stateOf } from "./setup.ts";

async function damageable() {
  const parts = await setup();
  const redis = new Redis(parts.url);
  onTestFinished(() => redis.disconnect());
  const { base } = shardAt(parts.rootPrefix, queue, 0);
  return { ...parts, redis, base };
}

test.each(["{", "", "null", "7", '{"t":1}', '{"t":"\\ud83d'])(
  "a job with spec %j fails at its turn, and other jobs are leased",
  async (spec) => {
    const { engine, job, redis, base } = await damageable();
    const [first, bad, last] = [job("aaaa"), job("aaaa"), job("aaaa")];
    await engine.submit([first, bad, last]);
    await redis.hset(base + bad.id, "spec", spec);
    const leases = await lease(engine, 3);
    expect(leases.map(({ jobId }) => jobId)).toEqual([first.id, last.id]);
    const [record] = await engine.getJobs([bad.id]);
    expect(record).toMatchObject({ state: "FAILED", failure: { reason: "UNREADABLE" } });
    expect((await engine.deadLetters.list({ queue }, 10)).letters).toHaveLength(1);
    expect(await engine.audit()).toEqual([]);
  },
);

test("a job with garbage in opts fails when it loses its worker, and other jobs continue", async () => {
  const { engine, job, redis, base, time } = await damageable();
  await engine.submit([job("aaaa"), job("aaaa"), job("aaaa")]);
  const [first, bad, last] = await lease(engine, 3);
  if (!first || !bad || !last) throw new Error("no jobs");
  await redis.hset(base + bad.jobId, "opts", '{"attempts":"\\ud83d"');
  time.nowMs += LEASE_MS + 1;
  const { reaped } = await engine.reap(queue, 10);
  expect(reaped.map(({ outcome }) => outcome).sort()).toEqual(["failed", "requeued", "requeued"]);
  const [record] = await engine.getJobs([bad.jobId]);
  expect(record).toMatchObject({ state: "FAILED", failure: { reason: "UNREADABLE" } });
  expect(record?.failure?.message).toContain("opts");
  expect(await engine.audit()).toEqual([]);
});

test("lists and reads of jobs skip a job that is garbage", async () => {
  const { engine, job, redis, base } = await damageable();
  const [first, bad] = [job("aaaa"), job("aaaa")];
  await engine.submit([first, bad]);
  await redis.hset(base + bad.id, { spec: "{", opts: "{", fail: "{", his: "{", use: "x" });
  const page = await engine.listJobs({ keyId: "aaaa" as never, queue, pageSize: 10 });
  expect(page.jobs.map(({ id }) => id).sort()).toEqual([first.id, bad.id].sort());
  expect((await engine.getJobs([bad.id, first.id])).map((found) => found?.type)).toEqual([
    bad.type,
    first.type,
  ]);
});

test("a garbage reservation does not stop a job from ending, and the audit finds its slot", async () => {
  const { engine, job, redis, base } = await damageable();
  await engine.keyBudgets.set("aaaa" as never, { maxRunning: 1 });
  await engine.submit([job("aaaa")]);
  const held = await leaseOne(engine);
  await redis.hset(base + held.jobId, "rsv", "garbage");
  await engine.settle([{ ...held, kind: "complete", resultJson: "1" }]);
  expect(await stateOf(engine, held.jobId)).toBe("SUCCEEDED");
  expect(await engine.audit()).toMatchObject([{ invariant: 5, subject: "aaaa" }]);
});
