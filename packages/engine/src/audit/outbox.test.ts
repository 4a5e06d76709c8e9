import type { KeyId, QueueName } from "@millrace/shared";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { leaseOne, queue, setup } from "../../test/setup.ts";

async function world() {
  const parts = await setup();
  const { engine, job, url, rootPrefix } = parts;
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  const keyId = "aaaa" as KeyId;
  await engine.webhookEndpoints.create(
    {
      ...{ id: "we_1", keyId, name: "", url: "https://r.example/", eventTypes: ["job.*"] },
      ...{ includeResult: false, enabled: true, createdMs: 1, updatedMs: 1, secrets: [] },
    },
    5,
  );
  await engine.submit([job("aaaa")]);
  await engine.settle([{ ...(await leaseOne(engine)), kind: "complete", resultJson: "1" }]);
  const base = `${rootPrefix}:{${queue}:0}:${queue}:`;
  const problems = async () => (await engine.audit()).map(({ problem }) => problem);
  return { ...parts, redis, base, problems };
}

test("an entry that nobody takes out is found after an hour", async () => {
  const { time, problems } = await world();
  time.nowMs += 3_600_000;
  expect(await problems()).toEqual([]);
  time.nowMs += 1;
  expect(await problems()).toEqual([expect.stringContaining("was not taken out within an hour")]);
});

test("an entry that names no subject is found", async () => {
  const { redis, base, problems } = await world();
  await redis.xadd(`${base}mr:outbox`, "*", "t", "job.failed", "s", "nothing", "e", "1");
  expect(await problems()).toEqual([expect.stringContaining('names "nothing"')]);
});

test("a subscription that is missing, wrong or nobody's is found, and copied again", async () => {
  const { engine, redis, base, problems } = await world();
  await redis.hset(`${base}mr:subscribers`, "gone", "*", "aaaa", "job.failed");
  const findings = await engine.audit();
  expect(findings.map(({ subject, problem }) => `${subject} ${problem}`)).toEqual([
    expect.stringContaining('aaaa subscribes to "job.*", but the shard has "job.failed"'),
    expect.stringContaining('gone subscribes to "", but the shard has "*"'),
  ]);
  for await (const { done } of engine.repair(findings)) expect(done).toContain("copied again");
  await engine.syncPolicy();
  expect(await problems()).toEqual([]);
  expect(await redis.hgetall(`${base}mr:subscribers`)).toMatchObject({ aaaa: "job.*" });
});

test("a subscription in an internal queue is found", async () => {
  const { engine, redis, base, problems } = await world();
  const internal = "millrace-webhooks" as QueueName;
  await engine.defineQueue({ name: internal });
  await redis.hset(`${base.replaceAll(queue, internal)}mr:subscribers`, "aaaa", "*");
  expect(await problems()).toEqual([expect.stringContaining("millrace-webhooks")]);
});

test("an end whose script was cut short before it was recorded is recorded by the repair of its job", async () => {
  const { engine, redis, base, job } = await world();
  const [entry] = await redis.xrange(`${base}mr:outbox`, "-", "+");
  const id = entry?.[1][entry[1].indexOf("s") + 1] ?? "";
  await redis.del(`${base}mr:outbox`);
  await redis.zrem(`${base}completed`, id);
  expect(await engine.returnStrays()).toMatchObject([{ jobId: id, done: ["ended"] }]);
  const read = { holder: "s", holdMs: 1_000, count: 9 };
  expect(await engine.outbox.read({ queue, shard: 0 }, read)).toMatchObject({
    entries: [{ subjectId: id, eventType: "job.succeeded", token: "1" }],
  });
  expect(job("aaaa").id).not.toBe(id);
});

/** Adds this many entries of a key, of one byte each, to a stream. */
const ADD = `for n = 1, tonumber(ARGV[2]) do redis.call("XADD", KEYS[1], "*", "k", ARGV[1], "z", "1") end`;

/** What a repair makes of the stored bytes of a key that has no jobs. */
async function counting() {
  const { engine, redis, base } = await world();
  const key = "bbbb";
  const add = (list: string, count: number, of = key) =>
    redis.eval(ADD, 1, `${base}mr:outbox${list}`, of, String(count));
  const repaired = async () => {
    await redis.hset(`${base}mr:stored`, key, "7");
    const repair = { kind: "stored", name: key } as const;
    const finding = { invariant: 11, subject: key, problem: "", base, repair };
    for await (const { done } of engine.repair([finding])) expect(done).toContain("stores");
    return Number((await redis.hget(`${base}mr:stored`, key)) ?? 0);
  };
  return { add, repaired };
}

test("a repair counts a key's entries in the outbox, in its list and in that of unreadable entries, in no others", async () => {
  const { add, repaired } = await counting();
  expect(await repaired()).toBe(0);
  // More than one command reads, and no set names the lists.
  await add("", 501);
  await add("", 3, "aaaa");
  await add("-aside:bbbb", 1_000);
  await add("-aside:-", 20);
  await add("-aside:-", 4, "aaaa");
  // A call does not look at what concerns other keys, whatever its size.
  await add("-aside:aaaa", 50_001, "aaaa");
  expect(await repaired()).toBe(1_521);
});

test("a repair leaves the count of a key alone for which it had to read more than 50,000 entries", async () => {
  const { add, repaired } = await counting();
  await add("", 24_999);
  await add("-aside:bbbb", 20_000);
  // One entry of the outbox is of another key.
  await add("-aside:-", 5_000);
  expect(await repaired()).toBe(49_999);
  await add("-aside:-", 1);
  expect(await repaired()).toBe(7);
});
