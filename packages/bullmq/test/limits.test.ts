import { Worker } from "bullmq";
import { expect, test } from "vitest";
import { groupsOf } from "../src/index.ts";
import { counts, namesOf, setup, TOKEN, take } from "./setup.ts";

test("no more jobs of a group run than its limit, and the other groups go on", async () => {
  const { add, groups, worker } = await setup();
  await groups.set("a", { concurrency: 2 });
  await add("a", 5);
  await add("b", 5);
  const taker = worker();
  const [first, ...others] = await take(taker);
  expect(counts(namesOf([first as never, ...others]))).toEqual({ a: 2, b: 5 });
  expect(await groups.get("a")).toEqual({
    ...{ waiting: 3, running: 2, held: true },
    own: { concurrency: 2 },
  });
  await first?.moveToCompleted(1, TOKEN, false);
  expect(namesOf(await take(taker))).toEqual(["a2"]);
});

test("the end of a job wakes a worker that waits for its group", async () => {
  const { add, groups, worker } = await setup();
  await groups.setDefaults({ concurrency: 1 });
  await add("a", 20);
  let running = 0;
  let most = 0;
  const done = Promise.withResolvers<void>();
  let left = 20;
  const run = async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise(setImmediate);
    running -= 1;
    left -= 1;
    if (left === 0) done.resolve();
  };
  worker(run, { concurrency: 5 });
  worker(run, { concurrency: 5 });
  await done.promise;
  expect(most).toBe(1);
});

test.each(["completed", "failed", "delayed", "retried", "handed back", "cleaned", "stalled"])(
  "a job that was %s has left its group's limit",
  async (how) => {
    const { add, groups, queue, redis, base, worker } = await setup();
    await groups.set("a", { concurrency: 1 });
    await add("a", 1, { attempts: 3 });
    const taker = worker(undefined, { stalledInterval: 1 });
    const [job] = await take(taker);
    expect(await groups.get("a")).toMatchObject({ running: 1 });
    if (job === undefined) throw new Error("no job");
    const ends: Record<string, () => Promise<unknown>> = {
      completed: () => job.moveToCompleted(1, TOKEN, false),
      failed: async () => {
        await job.moveToFailed(new Error("no"), TOKEN);
      },
      delayed: async () => job.moveToDelayed(Number.MAX_SAFE_INTEGER / 8192, TOKEN).catch(() => {}),
      retried: () => job.retry("failed").catch(() => job.moveToFailed(new Error("no"), TOKEN)),
      "handed back": () => job.moveToWait(TOKEN),
      cleaned: async () => {
        await redis.del(`${base}${job.id}:lock`);
        await queue.clean(0, 10, "active");
      },
      stalled: async () => {
        await redis.del(`${base}${job.id}:lock`);
        await redis.del(`${base}stalled-check`);
        await taker.backend.moveStalledJobsToWait();
        await redis.del(`${base}stalled-check`);
        await taker.backend.moveStalledJobsToWait();
      },
    };
    await ends[how]?.();
    expect(await queue.getActiveCount()).toBe(0);
    expect(await groups.get("a")).toMatchObject({ running: 0 });
  },
);

test("a limit that is set while jobs run counts them", async () => {
  const { add, groups, worker } = await setup();
  await add("a", 5);
  const taker = worker();
  await take(taker, 3);
  await groups.set("a", { concurrency: 4 });
  expect(await groups.get("a")).toMatchObject({ running: 3, waiting: 2 });
  expect(await take(taker)).toHaveLength(1);
});

test("wrong counts are corrected when stalled jobs are looked for", async () => {
  const { add, base, groups, redis, worker } = await setup();
  await groups.set("a", { concurrency: 1 });
  await add("a", 2);
  await redis.hset(`${base}fair:running`, "a", 7);
  const taker = worker();
  expect(await take(taker)).toEqual([]);
  await taker.backend.moveStalledJobsToWait();
  expect(await take(taker)).toHaveLength(1);
});

test("a group's own settings replace those of all groups, and null removes a limit", async () => {
  const { add, groups, worker } = await setup();
  await groups.setDefaults({ concurrency: 1 });
  await groups.set("b", { concurrency: 2 });
  await groups.set("c", { concurrency: null });
  for (const group of ["a", "b", "c"]) await add(group, 5);
  expect(counts(namesOf(await take(worker())))).toEqual({ a: 1, b: 2, c: 5 });
  expect(await groups.get("c")).toMatchObject({
    ...{ own: { concurrency: null }, defaults: { concurrency: 1 } },
  });
});

test("a higher limit, and no limit, let the group go on", async () => {
  const { add, groups, worker } = await setup();
  await groups.setDefaults({ concurrency: 1 });
  await add("a", 9);
  const taker = worker();
  expect(await take(taker)).toHaveLength(1);
  await groups.set("a", { concurrency: 3 });
  expect(await take(taker)).toHaveLength(2);
  await groups.set("a", {});
  expect(await take(taker)).toHaveLength(0);
  await groups.setDefaults({});
  expect(await take(taker)).toHaveLength(6);
});

test("jobs that start in one window cost no more than the rate", async () => {
  const { add, groups, redis, worker } = await setup();
  await groups.set("a", { rate: { max: 10, durationMs: 3_600_000 } });
  await add("a", 2, { group: { id: "a", cost: 4 } });
  await add("a", 9, {}, "s");
  await add("b", 3);
  const taker = worker();
  expect(namesOf(await take(taker))).toEqual(["a0", "b0", "b1", "b2", "a1", "s0", "s1"]);
  const [seconds] = await redis.time();
  const { held, heldUntilMs = 0 } = await groups.get("a");
  expect(held).toBe(true);
  // The window is counted in twenty parts, so a job may wait for a part more.
  expect(heldUntilMs).toBeGreaterThan(Number(seconds) * 1_000 + 3_590_000);
  expect(heldUntilMs).toBeLessThan(Number(seconds) * 1_000 + 3_600_000 * 1.06);
  await groups.set("a", { rate: null });
  expect(await take(taker)).toHaveLength(7);
});

test("a job that costs more than its group's rate runs alone", async () => {
  const { add, groups, worker } = await setup();
  await groups.set("a", { rate: { max: 10, durationMs: 3_600_000 } });
  await add("a", 2, { group: { id: "a", cost: 50 } });
  expect(await take(worker())).toHaveLength(1);
});

test("a worker goes on by itself when the rate allows it, and not before", async () => {
  const { add, base, groups, redis, worker } = await setup();
  const [max, durationMs] = [3, 100];
  await groups.setDefaults({ rate: { max, durationMs } });
  await add("a", 10);
  const done = Promise.withResolvers<void>();
  let left = 10;
  worker(async () => {
    left -= 1;
    if (left === 0) done.resolve();
  });
  await done.promise;
  const entries = await redis.xrange(`${base}events`, "-", "+");
  // The ids of events begin with the server's time.
  const started = entries
    .filter(([, fields]) => fields[1] === "active")
    .map(([id]) => Number.parseInt(id, 10));
  expect(started).toHaveLength(10);
  for (const [at, time] of started.entries()) {
    const later = started[at + max];
    if (later !== undefined) expect(later - time).toBeGreaterThanOrEqual(durationMs);
  }
});

test("a processor may hold its group, and the job that it gives back runs later", async () => {
  const { add, groups, worker } = await setup();
  await add("a", 2);
  await add("b", 2);
  const [othersRan, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const ran: string[] = [];
  worker(async ({ name }) => {
    if (ran.length === 0) {
      ran.push("refused");
      await groups.hold("a", 3_600_000);
      throw Worker.RateLimitError();
    }
    const count = ran.push(name);
    if (count === 3) othersRan.resolve();
    if (count === 5) done.resolve();
  });
  await othersRan.promise;
  expect(await groups.get("a")).toMatchObject({ waiting: 2, held: true });
  await groups.set("a", {});
  await done.promise;
  expect(ran).toEqual(["refused", "b0", "b1", "a0", "a1"]);
});

test("many groups that may not run do not keep the one that may from a worker", async () => {
  const { groups, queue, worker } = await setup();
  await groups.setDefaults({ paused: true });
  await groups.set("z", { paused: false });
  await queue.addBulk(
    Array.from({ length: 1_000 }, (_, at) => ({
      ...{ name: "a", data: {} },
      opts: { group: `a${at}` },
    })),
  );
  await queue.add("z", {}, { group: "z" });
  const ran = Promise.withResolvers<string>();
  worker(async ({ name }) => ran.resolve(name));
  expect(await ran.promise).toBe("z");
});

test("a paused queue does not run the jobs of any group", async () => {
  const { add, queue, worker } = await setup();
  await add("a", 2);
  await queue.pause();
  const taker = worker();
  expect(await take(taker)).toEqual([]);
  await queue.resume();
  expect(await take(taker)).toHaveLength(2);
});

test("obliterating a queue leaves nothing of its groups", async () => {
  const { add, base, groups, queue, redis, worker } = await setup();
  await groups.setDefaults({ concurrency: 1 });
  await add("a", 3);
  await add("b", 3, { priority: 4 });
  await take(worker());
  await queue.obliterate({ force: true });
  expect(await redis.keys(`${base}*`)).toEqual([]);
  await add("a", 1);
  expect(await queue.getWaitingCount()).toBe(1);
});

test.each([
  [{ weight: 0 }, /weight is 0/],
  [{ concurrency: 0 }, /concurrency is 0/],
  [{ concurrency: 1.5 }, /concurrency is 1.5/],
  [{ rate: { max: 0, durationMs: 1 } }, /rate.max is 0/],
  [{ rate: { max: 1, durationMs: 0 } }, /rate.durationMs is 0/],
])("the settings %j are refused", async (settings, message) => {
  const { groups } = await setup();
  await expect(groups.set("a", settings)).rejects.toThrow(message);
  await expect(groups.setDefaults(settings)).rejects.toThrow(message);
});

test("groups of a queue with another backend are refused", async () => {
  const { plainQueue } = await setup();
  expect(() => groupsOf(plainQueue())).toThrow(/pass fairBackend\(\)/);
});
