import { type KeyId, parseJobId, type QueueName } from "@millrace/shared";
import { expect, test } from "vitest";
import { lease, leaseOne, queue, setup } from "../../test/setup.ts";
import type { Engine } from "../index.ts";

const [a, b, c] = ["aaaa", "bbbb", "cccc"] as [KeyId, KeyId, KeyId];
const pool = "openai/gpt-5";

/** The work by pool, as [runnable, running]. */
const demandOf = async (engine: Engine, ...queues: QueueName[]) =>
  Object.fromEntries(
    [...(await engine.demand(queues.length === 0 ? [queue] : queues))].map(
      ([name, { runnable, running }]) => [name, [runnable, running]],
    ),
  );

test("queued and running jobs count by pool, and scheduled ones do not", async () => {
  const { engine, job, time } = await setup({ shards: 2 });
  expect(await demandOf(engine)).toEqual({});
  await engine.submit([
    ...[job(a), job(a), job(b), job(b, { pool }), job(c, { pool })],
    job(c, { runAtMs: time.nowMs + 60_000 }),
  ]);
  expect(await demandOf(engine)).toEqual({ "": [3, 0], [pool]: [2, 0] });
  await lease(engine, 10);
  expect(await demandOf(engine)).toEqual({ "": [0, 3], [pool]: [0, 2] });
  expect(await demandOf(engine, "unknown" as QueueName)).toEqual({});
});

test("jobs of a paused queue cannot run, and its running jobs count", async () => {
  const { engine, job } = await setup();
  await engine.submit([job(a), job(a)]);
  await leaseOne(engine);
  await engine.pauseQueue(queue, true);
  expect(await demandOf(engine)).toEqual({ "": [0, 1] });
  await engine.pauseQueue(queue, false);
  expect(await demandOf(engine)).toEqual({ "": [1, 1] });
});

test("as many jobs of a key count as its limits have room for, in all of its lanes together", async () => {
  const { engine, job } = await setup();
  await engine.keyBudgets.set(a, { maxRunning: 3 });
  await engine.keyBudgets.set(b, { tokensPerDay: 250 });
  await engine.keyBudgets.set(c, { requestsPerMinute: 2 });
  await engine.submit([
    ...Array.from({ length: 5 }, (_, i) => job(a, { priority: i * 20 + 1 })),
    ...Array.from({ length: 5 }, () => job(b, { estimatedTokens: 100 })),
    ...Array.from({ length: 5 }, () => job(c)),
  ]);
  expect(await demandOf(engine)).toEqual({ "": [3 + 2 + 2, 0] });
  const leases = await lease(engine, 20);
  expect(await demandOf(engine)).toEqual({ "": [0, 7] });
  const one = leases.find(({ jobId }) => parseJobId(jobId)?.keyId === a);
  await engine.settle([{ ...(one as (typeof leases)[0]), kind: "complete", resultJson: "{}" }]);
  expect(await demandOf(engine)).toEqual({ "": [1, 6] });
});

test("the room of a provider account bounds the jobs of its pool, in all queues together", async () => {
  const { engine, job } = await setup();
  const other = "images" as QueueName;
  await engine.defineQueue({ name: other });
  const { id: _, ...spec } = job(a, { pool });
  const inOther = { ...spec, id: job(a).id.replace(queue, other) as never };
  await engine.submit([job(a, { pool }), job(b, { pool }), job(c, { pool }), inOther, job(a)]);
  await engine.providerAccounts.put({ name: pool, maxRunning: 3 });
  expect(await demandOf(engine, queue, other)).toEqual({ "": [1, 0], [pool]: [3, 0] });
  await engine.providerAccounts.put({ name: pool, requestsPerMinute: 2 });
  expect(await demandOf(engine, queue, other)).toEqual({ "": [1, 0], [pool]: [2, 0] });
  await engine.providerAccounts.put({ name: pool });
  expect(await demandOf(engine, queue, other)).toEqual({ "": [1, 0], [pool]: [4, 0] });
});

test("no job of an account that cools down counts; when the time is over, one does: the probe", async () => {
  const { engine, job, time } = await setup();
  await engine.submit([job(a, { pool }), job(b, { pool }), job(c)]);
  await engine.providerAccounts.report(pool, { kind: "refused" });
  expect(await demandOf(engine)).toEqual({ "": [1, 0], [pool]: [0, 0] });
  const until = (await engine.providerAccounts.get(pool))?.coolUntilMs ?? 0;
  time.nowMs = until - 1;
  expect(await demandOf(engine)).toEqual({ "": [1, 0], [pool]: [0, 0] });
  time.nowMs = until;
  expect(await demandOf(engine)).toEqual({ "": [1, 0], [pool]: [1, 0] });
  time.nowMs += 60;
  await lease(engine, 10);
  expect(await demandOf(engine)).toEqual({ "": [0, 1], [pool]: [0, 1] });
  await engine.providerAccounts.report(pool, { kind: "exhausted" });
  expect(await demandOf(engine)).toMatchObject({ [pool]: [0, 1] });
});

test("numbers of more lanes and running jobs than are read stand for all", async () => {
  const { engine, job } = await setup();
  const keys = Array.from({ length: 200 }, (_, i) => `k${String(i).padStart(3, "0")}` as KeyId);
  await engine.submit(keys.flatMap((key) => [job(key), job(key, { pool })]));
  expect(await demandOf(engine)).toEqual({ "": [200, 0], [pool]: [200, 0] });
  await lease(engine, 400);
  const { "": plain = [], [pool]: pooled = [] } = await demandOf(engine);
  expect((plain[1] ?? 0) + (pooled[1] ?? 0)).toBe(400);
});
