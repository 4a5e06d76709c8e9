import { limits } from "@millrace/shared";
import { expect, test } from "vitest";
import { running } from "../../test/running-job.ts";
import { LEASE_MS, lease, leaseOne, queue, setup, stateOf } from "../../test/setup.ts";
import type { JobSpec } from "../index.ts";
import { F } from "../redis/stored-names.ts";

const failure = { reason: "PROVIDER_ERROR", message: "the provider answered 500", retryable: true };

test("after a spent attempt the job goes to the tail of its lane, and after one that is not spent to the head", async () => {
  const { engine, job, held } = await running();
  await engine.submit([job("aaaa"), job("aaaa")]);
  await engine.settle([{ ...held, kind: "bounce", delayMs: 0, failure }]);
  const again = await leaseOne(engine);
  expect(again).toMatchObject({ jobId: held.jobId, attempt: 1, token: held.token + 1 });
  await engine.settle([{ ...again, kind: "retry", delayMs: 0, failure }]);
  const rest = await lease(engine, 3);
  expect(rest.map((l) => l.attempt)).toEqual([1, 1, 2]);
  expect(rest[2]).toMatchObject({ jobId: held.jobId, job: { failure } });
});

test("a job that returns to its lane keeps its priority and its pool", async () => {
  const { engine, job, held } = await running({ priority: 7, pool: "gpu" });
  await engine.submit([
    job("aaaa", { priority: 8, pool: "gpu" }),
    job("aaaa", { priority: 6, pool: "gpu" }),
  ]);
  await engine.settle([{ ...held, kind: "release" }]);
  const none = await engine.lease({ queue, count: 9, pools: [], leaseMs: LEASE_MS, workerId: "w" });
  expect(none.leases).toEqual([]);
  expect((await lease(engine, 9)).map((l) => [l.job.priority, l.job.pool])).toEqual([
    [6, "gpu"],
    [7, "gpu"],
    [8, "gpu"],
  ]);
});

test("the usage of attempts is added up, whether they failed or not", async () => {
  const { engine, held } = await running();
  const usage = { inputTokens: 1_000_000_000, outputTokens: 5, providerCalls: 1 };
  await engine.settle([{ ...held, kind: "retry", delayMs: 0, failure, usage }]);
  await engine.settle([{ ...(await leaseOne(engine)), kind: "release" }]);
  const last = await leaseOne(engine);
  expect(last.job.usage).toEqual(usage);
  await engine.settle([{ ...last, kind: "complete", resultJson: "1", usage }]);
  const [record] = await engine.getJobs([held.jobId]);
  expect(record?.usage).toEqual({ inputTokens: 2_000_000_000, outputTokens: 10, providerCalls: 2 });
});

test("CPU time is added up over attempts, whether they measured it or not", async () => {
  const { engine, held } = await running();
  const usage = { inputTokens: 1, outputTokens: 1, providerCalls: 1 };
  const again = { kind: "retry", delayMs: 0, failure } as const;
  await engine.settle([{ ...held, ...again, usage }]);
  const second = await leaseOne(engine);
  await engine.settle([{ ...second, ...again, usage: { ...usage, computeMs: 1_500 } }]);
  const third = await leaseOne(engine);
  await engine.settle([
    { ...third, kind: "complete", resultJson: "1", usage: { ...usage, computeMs: 700 } },
  ]);
  const [record] = await engine.getJobs([held.jobId]);
  expect(record?.usage).toEqual({
    ...{ inputTokens: 3, outputTokens: 3, providerCalls: 3, computeMs: 2_200 },
  });
});

test.each([
  ["of an earlier version", "1,2,3", { inputTokens: 2, outputTokens: 3, providerCalls: 4 }],
  [
    "with CPU time, of an earlier version",
    "1,2,3,40",
    { inputTokens: 2, outputTokens: 3, providerCalls: 4, computeMs: 40 },
  ],
  ["that cannot be read", "{", { inputTokens: 1, outputTokens: 1, providerCalls: 1 }],
])("a usage is added to a stored one %s", async (_, stored, sum) => {
  const { engine, held, redis, base } = await running();
  await redis.hset(base + held.jobId, F.usage, stored);
  const usage = { inputTokens: 1, outputTokens: 1, providerCalls: 1 };
  await engine.settle([{ ...held, kind: "complete", resultJson: "1", usage }]);
  expect((await engine.getJobs([held.jobId]))[0]?.usage).toEqual(sum);
});

test("a script adds up members of a usage that it does not know", async () => {
  const { engine, held, redis, base } = await running();
  await redis.hset(base + held.jobId, F.usage, '{"i":1,"new":2}');
  const usage = { inputTokens: 1, outputTokens: 0, providerCalls: 0 };
  await engine.settle([{ ...held, kind: "complete", resultJson: "1", usage }]);
  const sum = (await redis.hget(base + held.jobId, F.usage)) ?? "";
  expect(JSON.parse(sum)).toEqual({ i: 2, new: 2 });
});

test.each(["FAILED", "CANCELLED", "EXPIRED"] as const)(
  "an attempt can end its job as %s",
  async (state) => {
    const { engine, held } = await running();
    const settlement = { ...held, kind: "fail", state, failure } as const;
    expect(await engine.settle([settlement])).toEqual([{ kind: "settled", state }]);
    expect(await engine.settle([settlement])).toEqual([{ kind: "settled", state, repeated: true }]);
    const [record] = await engine.getJobs([held.jobId]);
    expect(record).toMatchObject({ state, failure, attempt: 1 });
    expect(record).not.toHaveProperty("resultJson");
  },
);

test("of two settlements of one lease in one call, the first one counts", async () => {
  const { engine, held } = await running();
  const outcomes = await engine.settle([
    { ...held, kind: "complete", resultJson: '"first"' },
    { ...held, kind: "fail", state: "FAILED", failure },
  ]);
  expect(outcomes).toEqual([
    { kind: "settled", state: "SUCCEEDED" },
    { kind: "settled", state: "SUCCEEDED", repeated: true },
  ]);
});

test("a future token, an empty token and a token of no job are not leases", async () => {
  const { engine, job, held } = await running();
  const waiting = job("aaaa");
  await engine.submit([waiting]);
  const end = { kind: "complete", resultJson: "1" } as const;
  const outcomes = await engine.settle([
    { ...end, jobId: held.jobId, token: held.token + 1 },
    { ...end, jobId: held.jobId, token: 0 },
    { ...end, jobId: held.jobId, token: -1 },
    { ...end, jobId: waiting.id, token: 0 },
    { ...end, jobId: job("aaaa").id, token: 1 },
    { ...end, jobId: "garbage" as typeof waiting.id, token: 1 },
  ]);
  expect(new Set(outcomes.map((o) => o.kind))).toEqual(new Set(["leaseLost"]));
  expect(await stateOf(engine, held.jobId)).toBe("RUNNING");
  expect(await stateOf(engine, waiting.id)).toBe("QUEUED");
});

test("a thousand settlements get their answers in order", async () => {
  const { engine, job } = await setup();
  await engine.submit(Array.from({ length: 1_000 }, (_, i) => job(`key${i % 9}`)));
  const leases = await lease(engine, 1_000);
  expect(leases).toHaveLength(1_000);
  const outcomes = await engine.settle(
    leases.map((l, i) =>
      i % 3 === 0
        ? { ...l, token: l.token + 1, kind: "release" }
        : i % 3 === 1
          ? { ...l, kind: "complete", resultJson: "1" }
          : { ...l, kind: "retry", delayMs: 1_000, failure },
    ),
  );
  const expected = ["leaseLost", "SUCCEEDED", "SCHEDULED"];
  expect(outcomes.map((o) => (o.kind === "settled" ? o.state : o.kind))).toEqual(
    leases.map((_, i) => expected[i % 3]),
  );
  expect(await engine.stats(queue)).toMatchObject({
    queued: 0,
    running: 334,
    succeeded: 333,
    scheduled: 333,
  });
});

test("a large result is stored whole, and is not repeated in the events", async () => {
  const { engine, held, redis, base } = await running();
  const resultJson = JSON.stringify("é".repeat(limits.resultBytes / 2 - 1));
  await engine.settle([{ ...held, kind: "complete", resultJson }]);
  expect((await engine.getJobs([held.jobId]))[0]?.resultJson).toBe(resultJson);
  expect(await redis.memory("USAGE", `${base}events`)).toBeLessThan(10_000);
});

test("an idempotency key lives as long as its job and its window after it", async () => {
  const { engine, job, redis, base } = await running({
    idempotencyKey: "k",
    idempotencyWindowMs: 60_000,
  });
  const key = `${base}mr:idem:aaaa:k`;
  expect(await redis.pttl(key)).toBe(-1);
  const again = () => engine.submit([job("aaaa", { idempotencyKey: "k" })]);
  const [before] = await again();
  expect(before).toMatchObject({ kind: "existing", state: "RUNNING" });
  const [held] = await engine.adopt(
    [{ jobId: (before as { jobId: JobSpec["id"] }).jobId, token: 1 }],
    LEASE_MS,
    "w",
  );
  if (held?.kind !== "adopted") throw new Error("lost");
  await engine.settle([{ ...held.lease, kind: "complete", resultJson: "1" }]);
  expect(await redis.pttl(key)).toBeGreaterThan(0);
  expect(await redis.pttl(key)).toBeLessThanOrEqual(60_000);
  expect(await again()).toMatchObject([{ kind: "existing", state: "SUCCEEDED" }]);
  await redis.del(key);
  expect(await again()).toEqual([{ kind: "accepted" }]);
});

test("a failure message that is malformed text, or JSON, ends its job like any other", async () => {
  const { engine, job } = await setup();
  await engine.submit(Array.from({ length: 4 }, () => job("aaaa")));
  const [before, bad, worse, after] = await lease(engine, 4);
  if (!before || !bad || !worse || !after) throw new Error("no jobs");
  const end = { kind: "complete", resultJson: "1" } as const;
  const message = `${"x".repeat(limits.errorMessageChars - 1)}\ud83d`;
  const outcomes = await engine.settle([
    { ...before, ...end },
    { ...bad, kind: "fail", state: "FAILED", failure: { ...failure, message } },
    { ...worse, kind: "retry", delayMs: 0, failure: { ...failure, message } },
    { ...after, ...end },
  ]);
  expect(outcomes.map((o) => (o.kind === "settled" ? o.state : o.kind))).toEqual([
    ...["SUCCEEDED", "FAILED", "QUEUED", "SUCCEEDED"],
  ]);
  const [record] = await engine.getJobs([bad.jobId]);
  expect(record?.failure?.message).toBe(message.toWellFormed());
  expect((await engine.deadLetters.get(bad.jobId))?.attempts[0]?.failure.message).toBe(
    "x".repeat(1_000),
  );
  expect(await engine.audit()).toEqual([]);
});

test("an event cuts a long message between characters", async () => {
  const { engine, held, redis, base } = await running();
  const message = "é".repeat(2_000);
  await engine.settle([
    { ...held, kind: "fail", state: "FAILED", failure: { ...failure, message: `x${message}` } },
  ]);
  const entries = await redis.xrevrange(`${base}events`, "+", "-");
  const [fields] = entries.flatMap(([, found]) => (found.includes("failed") ? [found] : []));
  expect(fields?.[fields.indexOf("failedReason") + 1]).toBe(`x${"é".repeat(511)}`);
});

test("a settlement that cannot be stored changes nothing, and the others of its call are settled", async () => {
  const { engine, job } = await setup();
  await engine.submit(Array.from({ length: 3 }, () => job("aaaa")));
  const [first, bad, last] = await lease(engine, 3);
  if (!first || !bad || !last) throw new Error("no jobs");
  const usage = { inputTokens: 1e21, outputTokens: 0, providerCalls: 1 };
  const outcomes = await engine.settle([
    { ...first, kind: "release" },
    { ...bad, kind: "complete", resultJson: "1", usage },
    { ...last, kind: "complete", resultJson: "1" },
  ]);
  expect(outcomes).toEqual([
    { kind: "settled", state: "QUEUED" },
    { kind: "invalid", argument: "usage" },
    { kind: "settled", state: "SUCCEEDED" },
  ]);
  expect(await stateOf(engine, bad.jobId)).toBe("RUNNING");
  expect(await engine.audit()).toEqual([]);
});
