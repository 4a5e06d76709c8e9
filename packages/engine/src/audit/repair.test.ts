import type { KeyId } from "@millrace/shared";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { LEASE_MS, lease, queue, setup, stateOf } from "../../test/setup.ts";
import { accountBase, shardAt } from "../redis/keys.ts";

const keyId = "aaaa" as KeyId;
const pool = "openai/gpt-5";

/** A queue with a job in every place, of a key and an account with limits. */
async function setupBusy() {
  const parts = await setup();
  const { engine, job, time, url, rootPrefix } = parts;
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const { base } = shardAt(rootPrefix, queue, 0);
  await engine.keyBudgets.set(keyId, { maxRunning: 3, tokensPerMinute: 100_000 });
  await engine.providerAccounts.put({ name: pool, maxRunning: 1 });
  const later = job(keyId, { runAtMs: time.nowMs + 60_000, deadlineMs: time.nowMs + 900_000 });
  await engine.submit([later, ...Array.from({ length: 4 }, () => job(keyId))]);
  await engine.submit([job("bbbb", { pool })]);
  const leases = await lease(engine, 10);
  const ofAccount = leases.find(({ job: { pool: leasePool } }) => leasePool === pool);
  const [first, ended] = leases.filter((one) => one !== ofAccount);
  if (!first || !ended || !ofAccount) throw new Error("no jobs");
  await engine.settle([{ ...ended, kind: "complete", resultJson: "1" }]);
  const waiting = job(keyId);
  await engine.submit([waiting]);
  await lease(engine, 10);
  const repair = async () => {
    const repairs = [];
    for await (const one of engine.repair(await engine.audit())) repairs.push(one);
    return repairs;
  };
  /** Leaves a job as a script does that stops half-way while it moves the job. */
  const lose = (id: string) =>
    redis
      .multi()
      .lrem(`${base}active`, 0, id)
      .zrem(`${base}delayed`, id)
      .zrem(`${base}completed`, id)
      .zrem(`${base}mr:leases`, id)
      .del(`${base}${id}:lock`)
      .exec();
  return { ...parts, redis, base, later, waiting, first, ended, ofAccount, repair, lose };
}

type Parts = Awaited<ReturnType<typeof setupBusy>>;

/** Each entry damages the database, and names what the repair must report. */
const damages: readonly [string, (parts: Parts) => Promise<unknown>, (parts: Parts) => unknown][] =
  [
    [
      "a running job that is in no place",
      ({ first, lose }) => lose(first.jobId),
      ({ first }) => ({
        subject: first.jobId,
        done: "its reservations were counted as spent; it was put at the head of its lane",
      }),
    ],
    [
      "a scheduled job that is in no place",
      ({ later, lose }) => lose(later.id),
      ({ later }) => ({ subject: later.id, done: "it was put at the head of its lane" }),
    ],
    [
      "an ended job that is in no place",
      ({ ended, lose }) => lose(ended.jobId),
      ({ ended }) => ({ subject: ended.jobId, done: "it was put among the jobs that have ended" }),
    ],
    [
      "a job in no place whose cancellation was requested",
      async ({ engine, first, lose }) => {
        await engine.cancel(first.jobId, "why");
        await lose(first.jobId);
      },
      ({ first }) => ({ subject: first.jobId, done: expect.stringContaining("cancelled") }),
    ],
    [
      "a place without its job",
      ({ redis, base, waiting }) => redis.del(base + waiting.id),
      ({ waiting }) => ({
        subject: waiting.id,
        done: "it was removed from the lists that named it",
      }),
    ],
    [
      "a slot of a key that no job holds",
      ({ redis, base }) => redis.hincrby(`${base}mr:use:${keyId}`, "n", 2),
      () => ({ subject: keyId, done: "running jobs of the key: 5, now 3" }),
    ],
    [
      "a reservation that is not counted",
      ({ redis, base }) => redis.hset(`${base}mr:use:${keyId}`, "n", "garbage"),
      () => ({ subject: keyId, done: "running jobs of the key: 0, now 3" }),
    ],
    [
      "a window that is not the sum of its buckets",
      ({ redis, base }) => redis.hincrby(`${base}mr:use:${keyId}`, "ts", 7),
      () => ({
        subject: keyId,
        done: "running jobs of the key: related values were corrected",
      }),
    ],
    [
      "a shard that may use more of a key's budget than it was given",
      ({ redis, base }) =>
        redis.hset(`${base}mr:use:${keyId}`, "po", "1 0 99999,99999,99999,99999"),
      () => ({ subject: keyId, done: "the shard gave back what it held of the key's budget" }),
    ],
    [
      "a slot of an account that no job holds",
      ({ redis, base }) => redis.hincrby(`${base}mr:slice:${pool}`, "n", 1),
      () => ({ subject: pool, done: "running jobs of the account: 2, now 1" }),
    ],
    [
      "an account with a wrong sum of allowed jobs",
      ({ redis, rootPrefix }) => redis.hset(`${accountBase(rootPrefix, pool)}mr:account`, "R", 99),
      () => ({ subject: pool, done: "the jobs that it allows its shards were counted again" }),
    ],
    [
      "a wrong counter",
      ({ redis, base }) => redis.hincrby(`${base}mr:depth`, "*", 5),
      () => ({ subject: "*", done: "jobs in lanes: 6, now 1" }),
    ],
    [
      "a lane that is neither ready nor held",
      ({ redis, base }) => redis.zrem(`${base}mr:held`, `${keyId}|2|`),
      () => ({ subject: `${keyId}|2|`, done: "the lane: neither, now ready" }),
    ],
    [
      "a lane that waits for a slot although one is free",
      ({ redis, base }) => redis.hset(`${base}mr:budgets`, keyId, '{"maxRunning":9}'),
      () => ({ subject: `${keyId}|2|`, done: "the lane: held, now ready" }),
    ],
    [
      "bytes of a key that no job takes",
      ({ redis, base }) => redis.hincrby(`${base}mr:stored`, "bbbb", 1_000_000),
      () => ({
        subject: "bbbb",
        done: expect.stringMatching(/^what the key stores: 100\d{4}, now \d{1,4}$/),
      }),
    ],
    [
      "a wrong count of a key's scheduled jobs",
      ({ redis, base }) => redis.hincrby(`${base}mr:stored`, `${keyId}:d`, 5),
      () => ({ subject: keyId, done: "what the key stores: 6, now 1" }),
    ],
    [
      "a running job whose lease has no expiry",
      ({ redis, base, first }) => redis.zrem(`${base}mr:leases`, first.jobId),
      ({ first }) => ({ subject: first.jobId, done: "its lease was given an expiry" }),
    ],
    [
      "a job that is missing from the list of its key's jobs",
      ({ redis, base, waiting }) => redis.zrem(`${base}mr:index:${keyId}`, waiting.id.slice(-26)),
      ({ waiting }) => ({
        subject: waiting.id,
        done: "it was added to the list of its key's jobs",
      }),
    ],
  ];

test.each(damages)(
  "repairs %s, reports it once, and leaves no findings",
  async (_, damage, says) => {
    const parts = await setupBusy();
    const { engine, repair } = parts;
    expect(await engine.audit()).toEqual([]);
    await damage(parts);
    expect(await engine.audit()).not.toEqual([]);
    expect(await repair()).toContainEqual(says(parts));
    expect(await engine.audit()).toEqual([]);
    expect(await repair()).toEqual([]);
  },
);

test("a finding that is right by now is left as it is", async () => {
  const { engine, redis, base, first, later } = await setupBusy();
  await redis.lrem(`${base}active`, 0, first.jobId);
  await redis.zrem(`${base}delayed`, later.id);
  await redis.hincrby(`${base}mr:depth`, "*", 5);
  const findings = await engine.audit();
  await redis.lpush(`${base}active`, first.jobId);
  await redis.zadd(`${base}delayed`, 1, later.id);
  await redis.hincrby(`${base}mr:depth`, "*", -5);
  for await (const one of engine.repair(findings)) throw new Error(`repaired ${one.subject}`);
  expect(await engine.audit()).toEqual([]);
});

test("a job in two places is reported but not repaired, because the right place cannot be proved", async () => {
  const { engine, redis, base, waiting, repair } = await setupBusy();
  await redis.zadd(`${base}failed`, 1, waiting.id);
  expect(await repair()).toEqual([]);
  expect(await engine.audit()).toMatchObject([{ invariant: 1, subject: waiting.id }]);
});

test("a job that was put back runs, belongs to its new worker, and frees its slots afterwards", async () => {
  const { engine, first, ofAccount, lose, repair } = await setupBusy();
  await lose(first.jobId);
  await lose(ofAccount.jobId);
  await repair();
  const again = await lease(engine, 10);
  const mine = again.find(({ jobId }) => jobId === first.jobId);
  expect(again.map(({ jobId }) => jobId)).toContain(ofAccount.jobId);
  expect(mine).toMatchObject({ token: first.token + 1, attempt: 1 });
  const end = { kind: "complete", resultJson: "1" } as const;
  expect(await engine.settle([{ ...first, ...end }])).toEqual([{ kind: "leaseLost" }]);
  expect(await engine.settle(again.map((one) => ({ ...one, ...end })))).not.toContainEqual({
    kind: "leaseLost",
  });
  expect(await engine.audit()).toEqual([]);
});

test("a duty finds a job that is in no place, in several passes over the keys, and leaves other jobs alone", async () => {
  const { engine, job, time, first, ended, later, lose } = await setupBusy();
  await engine.submit(Array.from({ length: 1_500 }, () => job("cccc")));
  for (const id of [first.jobId, ended.jobId, later.id]) await lose(id);
  const returned = [];
  for (let look = 0; look < 100 && returned.length < 3; look += 1) {
    const found = await engine.returnStrays();
    returned.push(...found.map(({ jobId, done }) => [jobId, done]));
  }
  expect(Object.fromEntries(returned)).toEqual({
    [first.jobId]: ["settled", "queued"],
    [ended.jobId]: ["ended"],
    [later.id]: ["queued"],
  });
  expect(await stateOf(engine, ended.jobId)).toBe("SUCCEEDED");
  time.nowMs += 10 * LEASE_MS;
  for (let look = 0; look < 10; look += 1) expect(await engine.returnStrays()).toEqual([]);
  expect(await engine.audit()).toEqual([]);
});

test("a duty puts back a job of which only the first write exists, and counts again what its key stores", async () => {
  const { engine, job, redis, base, waiting } = await setupBusy();
  const torn = job(keyId);
  await redis.hset(`${base}${torn.id}`, await redis.hgetall(`${base}${waiting.id}`));
  expect(await engine.audit()).toHaveLength(3);
  const returned = [];
  for (let look = 0; look < 100 && returned.length < 1; look += 1) {
    returned.push(...(await engine.returnStrays()));
  }
  expect(returned).toMatchObject([{ jobId: torn.id, done: ["queued", "listed"] }]);
  expect(await stateOf(engine, torn.id)).toBe("QUEUED");
  expect(await engine.audit()).toEqual([]);
});

test("a shard with other routes than the catalogue is sent the catalogue again", async () => {
  const { engine, url, rootPrefix } = await setup();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const { base } = shardAt(rootPrefix, queue, 0);
  await engine.models.put({ name: "gpt-5", routes: [{ account: "one", model: "x" }] });
  await redis.hset(`${base}mr:models`, { "gpt-5": "two - x", gone: "one - x" });
  const findings = await engine.audit();
  expect(findings.map(({ subject }) => subject).sort()).toEqual(["gone", "gpt-5"]);
  const repairs = await Array.fromAsync(engine.repair(findings));
  expect(repairs.map(({ subject }) => subject)).toEqual([base]);
  await engine.syncPolicy();
  expect(await engine.audit()).toEqual([]);
});
