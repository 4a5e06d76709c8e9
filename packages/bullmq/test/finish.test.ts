/** Jobs that end in the same turn of the event loop go to Redis together, and each has its own end all the same. */
import { expect, test } from "vitest";
import { setup, TOKEN } from "./setup.ts";

test("jobs that end together are all finished, and each brings another", async () => {
  const { add, queue, worker } = await setup();
  // More than go to Redis at once.
  const COUNT = 50;
  await add("a", COUNT);
  await add("b", COUNT);
  const runner = worker();
  const running = await Promise.all(
    Array.from({ length: COUNT }, () => runner.getNextJob(TOKEN, { block: false })),
  );
  const ended = await Promise.all(
    running.map((job, at) =>
      at % 2 === 0
        ? job?.moveToCompleted(at, TOKEN, true)
        : job?.moveToFailed(new Error(`no ${at}`), TOKEN, true),
    ),
  );
  const next = ended.map((result) => (result as [{ name: string }, string] | undefined)?.[1]);
  expect(new Set(next).size).toBe(COUNT);
  expect(next).not.toContain(undefined);
  expect(await queue.getJobCounts("completed", "failed", "active", "waiting")).toEqual({
    ...{ completed: COUNT / 2, failed: COUNT / 2, active: COUNT, waiting: 0 },
  });
  const reasons = (await queue.getFailed()).map(({ failedReason }) => failedReason);
  expect(reasons).toContain("no 1");
});

test("a job that cannot be finished fails alone", async () => {
  const { add, queue, worker } = await setup();
  await add("a", 3);
  const runner = worker();
  const [first, second, third] = await Promise.all(
    [0, 1, 2].map(() => runner.getNextJob(TOKEN, { block: false })),
  );
  const ended = await Promise.allSettled([
    first?.moveToCompleted("one", TOKEN, false),
    second?.moveToCompleted("two", "the token of another worker", false),
    third?.moveToCompleted("three", TOKEN, false),
  ]);
  expect(ended.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(String((ended[1] as PromiseRejectedResult).reason)).toMatch(/Lock/);
  expect(await queue.getJobCounts("completed", "active")).toEqual({ completed: 2, active: 1 });
});

test("an error of Redis in one job's end is that job's alone, with its text", async () => {
  const { add, base, queue, redis, worker } = await setup();
  await add("a", 2);
  const runner = worker();
  const [first, second] = await Promise.all(
    [0, 1].map(() => runner.getNextJob(TOKEN, { block: false })),
  );
  // The end of a job counts its children that have not ended.
  await redis.set(`${base}${first?.id}:dependencies`, "not a set");
  const ended = await Promise.allSettled([
    first?.moveToCompleted("one", TOKEN, false),
    second?.moveToCompleted("two", TOKEN, false),
  ]);
  expect(ended.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
  expect(String((ended[0] as PromiseRejectedResult).reason)).toMatch(/WRONGTYPE/);
  expect(await queue.getJobCounts("completed")).toEqual({ completed: 1 });
});
