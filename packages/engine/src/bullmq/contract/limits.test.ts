import { RateLimitError } from "bullmq";
import { expect, test } from "vitest";
import { contract } from "./backends.ts";
import { happens, openBench, TOKEN, take, takeAll } from "./bench.ts";

const HOUR_MS = 3_600_000;

contract("global concurrency", (backend) => {
  test("the queue's concurrency limit holds over all workers", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await queue.setGlobalConcurrency(2);
    expect(await queue.getGlobalConcurrency()).toBe(2);
    let running = 0;
    let most = 0;
    const ran: string[] = [];
    const two = Promise.withResolvers<void>();
    const process = async ({ name }: { name: string }) => {
      running += 1;
      most = Math.max(most, running);
      if (running === 2) two.resolve();
      // Neither of the first two jobs ends before the other has begun.
      await two.promise;
      await new Promise(setImmediate);
      ran.push(name);
      running -= 1;
    };
    const events = await bench.events();
    const completed = happens(events, "completed", 30);
    for (let i = 0; i < 3; i += 1) bench.worker(process, { concurrency: 5 });
    await queue.addBulk(Array.from({ length: 30 }, (_, i) => ({ name: `${i}`, data: {} })));
    await completed;
    expect(most).toBe(2);
    expect(ran).toHaveLength(30);
  });

  test("with a limit of one, jobs run in order over several workers", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await queue.setGlobalConcurrency(1);
    const added = Array.from({ length: 20 }, (_, i) => `${i}`);
    await queue.addBulk(added.map((name) => ({ name, data: {} })));
    const ran: string[] = [];
    const events = await bench.events();
    const completed = happens(events, "completed", 20);
    for (let i = 0; i < 3; i += 1) {
      bench.worker(async ({ name }) => ran.push(name), { concurrency: 2 });
    }
    await completed;
    expect(ran).toEqual(added);
  });

  test("a full queue leases nothing until a job ends, and reports that it is full", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    await queue.setGlobalConcurrency(1);
    await queue.addBulk(["a", "b", "c"].map((name) => ({ name, data: {} })));
    const a = await take(worker);
    expect(await queue.isMaxed()).toBe(true);
    expect(await takeAll(worker)).toEqual([]);
    expect(await queue.getWaitingCount()).toBe(2);
    const next = await a.moveToCompleted(null, TOKEN, true);
    expect(next?.[0]).toMatchObject({ name: "b" });
    await queue.removeGlobalConcurrency();
    expect(await queue.isMaxed()).toBe(false);
    expect((await take(worker)).name).toBe("c");
  });
});

contract("rate limits", (backend) => {
  test("a worker with a limiter takes that many jobs in a window, in order", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined, { limiter: { max: 2, duration: HOUR_MS } });
    await queue.addBulk(["a", "b", "c"].map((name) => ({ name, data: {} })));
    expect(await takeAll(worker)).toEqual(["a", "b"]);
    expect(await queue.getWaitingCount()).toBe(1);
    expect(await queue.getRateLimitTtl(2)).toBeGreaterThan(0);
    expect(await queue.removeRateLimitKey()).toBe(1);
    // A worker waits until its window ends by its own clock, so a new worker asks again.
    const other = bench.worker(undefined, { limiter: { max: 2, duration: HOUR_MS } });
    expect(await takeAll(other)).toEqual(["c"]);
  });

  test("a limited worker continues when the window is over", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const ran: string[] = [];
    const worker = bench.worker(async ({ name }) => ran.push(name), {
      limiter: { max: 2, duration: 20 },
    });
    const added = ["a", "b", "c", "d", "e"];
    const completed = happens(worker, "completed", added.length);
    await queue.addBulk(added.map((name) => ({ name, data: {} })));
    await completed;
    expect(ran).toEqual(added);
  });

  test("prioritized jobs keep their order under a limiter", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    for (const priority of [5, 1, 3, 2, 4]) await queue.add(`${priority}`, {}, { priority });
    const ran: string[] = [];
    const worker = bench.worker(async ({ name }) => ran.push(name), {
      limiter: { max: 1, duration: 10 },
    });
    await happens(worker, "completed", 5);
    expect(ran).toEqual(["1", "2", "3", "4", "5"]);
  });

  test("a queue's own rate limit holds for all workers", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await queue.setGlobalRateLimit(1, HOUR_MS);
    expect(await queue.getGlobalRateLimit()).toEqual({ max: 1, duration: HOUR_MS });
    await queue.addBulk(["a", "b"].map((name) => ({ name, data: {} })));
    expect(await takeAll(bench.worker(undefined))).toEqual(["a"]);
    expect(await takeAll(bench.worker(undefined))).toEqual([]);
    await queue.removeGlobalRateLimit();
    await queue.removeRateLimitKey();
    expect(await takeAll(bench.worker(undefined))).toEqual(["b"]);
  });

  test("a queue can be rate-limited for a time", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const limiter = { limiter: { max: 1, duration: 1 } };
    await queue.rateLimit(HOUR_MS);
    await queue.add("a", {});
    expect(await takeAll(bench.worker(undefined, limiter))).toEqual([]);
    expect(await queue.getRateLimitTtl()).toBeGreaterThan(0);
    await queue.removeRateLimitKey();
    expect(await takeAll(bench.worker(undefined, limiter))).toEqual(["a"]);
  });

  test("a job that meets a rate limit while it runs returns to the head, and keeps its attempt", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const ran: string[] = [];
    const worker = bench.worker(
      async (job) => {
        ran.push(`${job.name}${job.attemptsStarted}`);
        if (job.name !== "a" || job.attemptsStarted > 1) return;
        await queue.rateLimit(20);
        throw new RateLimitError();
      },
      { limiter: { max: 1, duration: 1 } },
    );
    const completed = happens(worker, "completed", 2);
    const [a] = await queue.addBulk(["a", "b"].map((name) => ({ name, data: {} })));
    await completed;
    expect(ran).toEqual(["a1", "a2", "b1"]);
    expect((await queue.getJob(a?.id ?? ""))?.attemptsMade).toBe(1);
  });

  test("a prioritized job that returns is the first of its priority", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    await queue.add("a", {}, { priority: 2 });
    await queue.add("b", {}, { priority: 2 });
    const a = await take(worker);
    await queue.add("c", {}, { priority: 1 });
    await a.moveToWait(TOKEN);
    expect(await a.getState()).toBe("prioritized");
    expect(await takeAll(worker)).toEqual(["c", "a", "b"]);
  });
});
