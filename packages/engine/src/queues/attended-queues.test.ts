import { type KeyId, type QueueName, scheduleIdOf } from "@millrace/shared";
import { expect, test } from "vitest";
import { leaseOne, queue, setup } from "../../test/setup.ts";

const key = "aaaa" as KeyId;
const complete = { kind: "complete", resultJson: "1" } as const;
const failure = { reason: "NO", message: "no", retryable: true };

async function world() {
  const { engine, another, time, job } = await setup({ shards: 3 });
  await engine.defineQueue({ name: "mail" as QueueName });
  /** What another scheduler sees, which has given nothing to the queue. */
  const other = await another();
  const seen = async () => {
    time.nowMs += 1_000;
    return (await other.attendedQueues()).map(({ name }) => name);
  };
  const own = async () => (await engine.attendedQueues()).map(({ name }) => name);
  return { engine, other, time, job, seen, own };
}

test("a queue is attended while a job of it waits, runs, waits for a time, or waits for its retry", async () => {
  const { engine, time, job, seen } = await world();
  expect(await seen()).toEqual([]);
  await engine.submit([job("aaaa", { maxAttempts: 2 })]);
  expect(await seen()).toEqual([queue]);
  const running = await leaseOne(engine);
  expect(await seen()).toEqual([queue]);
  await engine.settle([{ ...running, kind: "retry", delayMs: 60_000, failure }]);
  expect(await seen()).toEqual([queue]);
  time.nowMs += 60_000;
  await engine.promote(queue, 10);
  await engine.settle([{ ...(await leaseOne(engine)), ...complete }]);
  expect(await seen()).toEqual([]);
});

test("a queue is attended while a budget or a pause holds its jobs", async () => {
  const { engine, job, seen } = await world();
  await engine.keyBudgets.set(key, { requestsPerMinute: 1 });
  await engine.submit([job("aaaa"), job("aaaa")]);
  await engine.settle([{ ...(await leaseOne(engine)), ...complete }]);
  expect(await engine.stats(queue)).toMatchObject({ queued: 1 });
  expect(await seen()).toEqual([queue]);
});

test("a queue is attended while a schedule of it is due some time", async () => {
  const { engine, time, seen } = await world();
  const dueMs = time.nowMs + 60_000;
  await engine.putSchedule({
    ...{ id: scheduleIdOf(queue, key, "daily"), most: 100, overlap: "skip", paused: false },
    ...{ dueMs, lookMs: dueMs, timedFromMs: time.nowMs, details: "{}", note: "" },
  });
  expect(await seen()).toEqual([queue]);
});

test("a queue to which this engine has given something is attended before its next look", async () => {
  const { engine, job, own } = await world();
  expect(await own()).toEqual([]);
  await engine.submit([job("aaaa")]);
  expect(await own()).toEqual([queue]);
});

test("what others have submitted is seen within a second, and a clock that goes back makes nothing last", async () => {
  const { engine, other, time, job } = await world();
  expect(await other.attendedQueues()).toEqual([]);
  await engine.submit([job("aaaa")]);
  time.nowMs += 999;
  expect(await other.attendedQueues()).toEqual([]);
  time.nowMs += 1;
  expect(await other.attendedQueues()).toMatchObject([{ name: queue }]);
  await engine.settle([{ ...(await leaseOne(engine)), ...complete }]);
  time.nowMs -= 60_000;
  expect(await other.attendedQueues()).toEqual([]);
  expect(await engine.attendedQueues()).toEqual([]);
});

test("queues that are defined and changed are listed at once by who did it, and within a second by others", async () => {
  const { engine, other, time } = await world();
  const names = async (one: typeof engine) => (await one.recentQueues()).map(({ name }) => name);
  expect(await names(engine)).toEqual([queue, "mail"]);
  expect(await names(other)).toEqual([queue, "mail"]);
  await engine.defineQueue({ name: "zebra" as QueueName });
  expect(await names(engine)).toEqual([queue, "mail", "zebra"]);
  expect(await names(other)).toEqual([queue, "mail"]);
  time.nowMs += 1_000;
  expect(await names(other)).toEqual([queue, "mail", "zebra"]);
});
