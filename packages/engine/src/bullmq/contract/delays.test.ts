import { expect, test } from "vitest";
import { contract } from "./backends.ts";
import { happens, openBench, takeAll } from "./bench.ts";

const HOUR_MS = 3_600_000;

contract("delays", (backend) => {
  test("a delayed job waits for its time, apart from the others", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const job = await queue.add("later", {}, { delay: HOUR_MS });
    await queue.add("now", {});
    expect(await job.getState()).toBe("delayed");
    expect(await job.isDelayed()).toBe(true);
    expect(await takeAll(bench.worker(undefined))).toEqual(["now"]);
    expect(await queue.getDelayedCount()).toBe(1);
  });

  test("an idle worker wakes when a delay is over", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(async () => "done");
    await worker.waitUntilReady();
    const completed = happens(worker, "completed");
    const job = await queue.add("soon", {}, { delay: 30 });
    await completed;
    expect((await queue.getJob(job.id ?? ""))?.delay).toBe(0);
    const log = (await bench.log()).map(({ event }) => event);
    expect(log.slice(0, 5)).toEqual(["added", "delayed", "waiting", "active", "completed"]);
  });

  test("delayed jobs run in the order of their times", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    // All delays count from one time, however long adding the jobs takes.
    const timestamp = Date.now();
    await queue.add("third", {}, { delay: 60, timestamp });
    await queue.add("first", {}, { delay: 20, timestamp });
    await queue.add("second", {}, { delay: 40, timestamp });
    const ran: string[] = [];
    const worker = bench.worker(async ({ name }) => ran.push(name));
    await happens(worker, "completed", 3);
    expect(ran).toEqual(["first", "second", "third"]);
  });

  test("jobs of one delay run in the order in which they were added", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const timestamp = Date.now();
    const added = Array.from({ length: 30 }, (_, i) => `job-${i}`);
    for (const name of added) await queue.add(name, {}, { delay: 40, timestamp });
    const ran: string[] = [];
    const worker = bench.worker(async ({ name }) => ran.push(name));
    await happens(worker, "completed", added.length);
    expect(ran).toEqual(added);
  });

  test("a delayed job with a priority is prioritized once it is due", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await queue.add("plain", {}, { priority: 4 });
    const job = await queue.add("urgent", {}, { delay: HOUR_MS, priority: 2 });
    await job.promote();
    expect(await job.getState()).toBe("prioritized");
    expect(await takeAll(bench.worker(undefined))).toEqual(["urgent", "plain"]);
  });

  test("a promoted job waits behind the others, with no delay left", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const job = await queue.add("later", {}, { delay: HOUR_MS });
    await queue.add("now", {});
    await job.promote();
    expect(await job.isDelayed()).toBe(false);
    expect(await job.isWaiting()).toBe(true);
    expect(job.delay).toBe(0);
    expect(await takeAll(bench.worker(undefined))).toEqual(["now", "later"]);
  });

  test("promoting wakes an idle worker", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(async () => undefined);
    await worker.waitUntilReady();
    const job = await queue.add("later", {}, { delay: HOUR_MS });
    const completed = happens(worker, "completed");
    await job.promote();
    await completed;
    expect(await job.isCompleted()).toBe(true);
  });

  test("promoting a job that is not delayed is an error", async () => {
    await using bench = await openBench(backend);
    const job = await bench.queue().add("now", {});
    await expect(job.promote()).rejects.toThrow("is not in the delayed state");
  });

  test("all delayed jobs can be promoted at once", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const added = ["a", "b", "c", "d", "e"];
    for (const [i, name] of added.entries()) await queue.add(name, {}, { delay: HOUR_MS + i });
    await queue.promoteJobs({ count: 2 });
    expect(await queue.getJobCounts("delayed", "wait")).toEqual({ delayed: 0, wait: 5 });
    expect(await takeAll(bench.worker(undefined))).toEqual(added);
  });

  test("a delay can be changed", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(async () => undefined);
    const job = await queue.add("later", {}, { delay: HOUR_MS });
    const completed = happens(worker, "completed");
    await job.changeDelay(10);
    expect(job.delay).toBe(10);
    await completed;
    expect(await job.isCompleted()).toBe(true);
  });

  test("changing the delay of a job that is not delayed is an error", async () => {
    await using bench = await openBench(backend);
    const job = await bench.queue().add("now", {});
    await expect(job.changeDelay(10)).rejects.toThrow("is not in the delayed state");
  });

  test("a running job can be delayed again without losing an attempt", async () => {
    await using bench = await openBench(backend);
    const { DelayedError } = await import("bullmq");
    const queue = bench.queue();
    const worker = bench.worker(async (job, token) => {
      if (job.attemptsStarted > 1) return "second time";
      await job.moveToDelayed(Date.now() + 20, token);
      throw new DelayedError();
    });
    const completed = happens(worker, "completed");
    const job = await queue.add("again", {});
    await completed;
    const after = await queue.getJob(job.id ?? "");
    expect(after).toMatchObject({
      attemptsMade: 1,
      attemptsStarted: 2,
      returnvalue: "second time",
    });
  });
});
