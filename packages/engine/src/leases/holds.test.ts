import type { KeyId } from "@millrace/shared";
import { expect, test } from "vitest";
import { lease, leaseOne, queue, setup } from "../../test/setup.ts";

const key = "aaaa" as KeyId;
const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const pool = "openai/gpt-5";
const failure = { reason: "PROVIDER_ERROR", message: "500", retryable: true };

test("a lease says when a limit of its key held its lane, for a job behind the first one too", async () => {
  const { engine, job, time } = await setup();
  await engine.keyBudgets.set(key, { maxRunning: 1 });
  await engine.submit([job(key), job(key, { traceparent }), job(key, { traceparent })]);
  const running = await leaseOne(engine);
  const heldMs = time.nowMs;
  expect(await lease(engine, 5)).toEqual([]);
  time.nowMs += 7_000;
  await engine.settle([{ ...running, kind: "complete", resultJson: "1" }]);
  const second = await leaseOne(engine);
  const hold = { kind: "KEY_CONCURRENCY", fromMs: heldMs, toMs: heldMs + 7_000 };
  expect(second.holds).toEqual([hold]);
  expect(await lease(engine, 5)).toEqual([]);
  time.nowMs += 1_000;
  await engine.settle([{ ...second, kind: "complete", resultJson: "1" }]);
  const again = { kind: "KEY_CONCURRENCY", fromMs: heldMs + 7_000, toMs: heldMs + 8_000 };
  expect((await leaseOne(engine)).holds).toEqual([hold, again]);
});

test("the last times of a lane are kept, and lanes of other pools have their own", async () => {
  const { engine, job, time } = await setup();
  await engine.keyBudgets.set(key, { maxRunning: 1 });
  await engine.submit(Array.from({ length: 12 }, () => job(key, { traceparent })));
  for (let i = 0; i < 11; i += 1) {
    const running = await leaseOne(engine);
    expect(await lease(engine, 1)).toEqual([]);
    time.nowMs += 1_000;
    await engine.settle([{ ...running, kind: "complete", resultJson: "1" }]);
  }
  const last = await leaseOne(engine);
  expect(last.holds).toHaveLength(8);
  expect(last.holds.at(-1)?.toMs).toBe(time.nowMs);
  await engine.settle([{ ...last, kind: "complete", resultJson: "1" }]);
  await engine.submit([job(key, { traceparent, pool })]);
  expect((await leaseOne(engine)).holds).toEqual([]);
});

test("a lease says when its provider account refused, and when the queue was paused", async () => {
  const { engine, job, time } = await setup();
  await engine.providerAccounts.put({ name: pool, maxRunning: 1 });
  await engine.submit([job(key, { pool }), job(key, { pool, traceparent })]);
  const running = await leaseOne(engine);
  const refusedMs = time.nowMs;
  expect(await lease(engine, 1)).toEqual([]);
  time.nowMs += 2_000;
  await engine.pauseQueue(queue, true);
  time.nowMs += 3_000;
  await engine.pauseQueue(queue, false);
  await engine.settle([{ ...running, kind: "complete", resultJson: "1" }]);
  time.nowMs += 100;
  const { holds } = await leaseOne(engine);
  expect(holds).toContainEqual({
    ...{ kind: "QUEUE_PAUSED", fromMs: refusedMs + 2_000, toMs: refusedMs + 5_000 },
  });
  expect(holds).toContainEqual({
    ...{ kind: "PROVIDER_CONCURRENCY", fromMs: refusedMs, toMs: refusedMs + 5_100 },
  });
});

test("a job without a trace has no times, and a lease says how the attempt before ended", async () => {
  const { engine, job, time } = await setup();
  await engine.keyBudgets.set(key, { maxRunning: 1 });
  await engine.submit([job(key), job(key)]);
  const first = await leaseOne(engine);
  expect(await lease(engine, 1)).toEqual([]);
  const endedMs = time.nowMs;
  await engine.settle([{ ...first, kind: "retry", delayMs: 500, failure }]);
  const second = await leaseOne(engine);
  expect(second).toMatchObject({ holds: [], heldBy: ["KEY_CONCURRENCY"] });
  expect(second.lastEnd).toBeUndefined();
  await engine.settle([{ ...second, kind: "complete", resultJson: "1" }]);
  time.nowMs += 500;
  expect(await leaseOne(engine)).toMatchObject({
    ...{ lastEnd: { atMs: endedMs, kind: "retry" }, dueAgainMs: endedMs + 500 },
  });
});
