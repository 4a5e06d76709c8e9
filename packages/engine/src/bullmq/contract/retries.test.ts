import { Job, UnrecoverableError, WaitingError } from "bullmq";
import { expect, test } from "vitest";
import { contract } from "./backends.ts";
import { happens, openBench, TOKEN, take, takeAll } from "./bench.ts";

const HOUR_MS = 3_600_000;

contract("retries", (backend) => {
  test("a failed job is run again until it succeeds", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(async (job) => {
      if (job.attemptsMade < 2) throw new Error(`attempt ${job.attemptsMade}`);
      return job.attemptsMade;
    });
    const completed = happens(worker, "completed");
    const job = await queue.add("flaky", {}, { attempts: 3 });
    await completed;
    const after = await queue.getJob(job.id ?? "");
    expect(after).toMatchObject({ attemptsMade: 3, attemptsStarted: 3, returnvalue: 2 });
    expect(after?.stacktrace).toHaveLength(2);
    expect(after?.failedReason).toBe("attempt 1");
  });

  test("a job without attempts left fails, and an event reports it", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const events = await bench.events();
    const worker = bench.worker(async () => {
      throw new Error("no");
    });
    const exhausted = happens<[{ jobId: string; attemptsMade: string }]>(
      events,
      "retries-exhausted",
    );
    const failed = happens(worker, "failed", 3);
    const job = await queue.add("hopeless", {}, { attempts: 3 });
    await failed;
    expect((await exhausted)[0]?.[0]).toMatchObject({ jobId: job.id, attemptsMade: "3" });
    expect(await job.isFailed()).toBe(true);
    expect(await queue.getFailedCount()).toBe(1);
    expect((await queue.getJob(job.id ?? ""))?.failedReason).toBe("no");
  });

  test("an UnrecoverableError spends all attempts at once", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(async () => {
      throw new UnrecoverableError("bad input");
    });
    const failed = happens(worker, "failed");
    const job = await queue.add("bad", {}, { attempts: 5 });
    await failed;
    expect(await job.getState()).toBe("failed");
    expect((await queue.getJob(job.id ?? ""))?.attemptsMade).toBe(1);
  });

  test("a retry without backoff waits behind other jobs", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    await queue.add("a", {}, { attempts: 2 });
    await queue.add("b", {});
    await (await take(worker)).moveToFailed(new Error("no"), TOKEN, false);
    expect(await takeAll(worker)).toEqual(["b", "a"]);
  });

  test("a retry of a lifo job goes before other jobs", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    await queue.add("b", {});
    await queue.add("a", {}, { attempts: 2, lifo: true });
    await (await take(worker)).moveToFailed(new Error("no"), TOKEN, false);
    expect(await takeAll(worker)).toEqual(["a", "b"]);
  });

  test("a retry keeps its priority", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    for (const name of ["a", "b"]) await queue.add(name, {}, { attempts: 2, priority: 2 });
    await queue.add("c", {}, { priority: 3 });
    const a = await take(worker);
    await a.moveToFailed(new Error("no"), TOKEN, false);
    expect(await a.getState()).toBe("prioritized");
    expect(await takeAll(worker)).toEqual(["b", "a", "c"]);
  });

  test("a fixed backoff delays each retry by the same", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    const backoff = { type: "fixed", delay: HOUR_MS };
    const job = await queue.add("a", {}, { attempts: 3, backoff });
    const delays: (number | undefined)[] = [];
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      await (await take(worker)).moveToFailed(new Error("no"), TOKEN, false);
      expect(await job.getState()).toBe("delayed");
      delays.push((await queue.getJob(job.id ?? ""))?.delay);
      await job.promote();
    }
    expect(delays).toEqual([HOUR_MS, HOUR_MS]);
    await (await take(worker)).moveToFailed(new Error("no"), TOKEN, false);
    expect(await job.getState()).toBe("failed");
  });

  test("an exponential backoff doubles", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    const backoff = { type: "exponential", delay: HOUR_MS };
    const job = await queue.add("a", {}, { attempts: 4, backoff });
    const delays: (number | undefined)[] = [];
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await (await take(worker)).moveToFailed(new Error("no"), TOKEN, false);
      delays.push((await queue.getJob(job.id ?? ""))?.delay);
      await job.promote();
    }
    expect(delays).toEqual([HOUR_MS, 2 * HOUR_MS, 4 * HOUR_MS]);
  });

  test("a custom backoff decides from the attempt, the error and the job", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const asked: unknown[] = [];
    const settings = {
      backoffStrategy: (attempts: number, type?: string, error?: Error) => {
        asked.push([attempts, type, error?.message]);
        return attempts === 1 ? HOUR_MS : -1;
      },
    };
    const worker = bench.worker(undefined, { settings });
    const backoff = { type: "mine" };
    const job = await queue.add("a", {}, { attempts: 5, backoff });
    await (await take(worker)).moveToFailed(new Error("one"), TOKEN, false);
    expect((await queue.getJob(job.id ?? ""))?.delay).toBe(HOUR_MS);
    await job.promote();
    await (await take(worker)).moveToFailed(new Error("two"), TOKEN, false);
    expect(await job.getState()).toBe("failed");
    expect(asked).toEqual([
      [1, "mine", "one"],
      [2, "mine", "two"],
    ]);
  });

  test("an idle worker waits for a backoff of a few milliseconds", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(async (job) => {
      if (job.attemptsMade < 2) throw new Error("not yet");
    });
    const completed = happens(worker, "completed");
    await queue.add("a", {}, { attempts: 3, backoff: 15 });
    await completed;
    const kinds = ["delayed", "waiting", "active", "completed"];
    expect((await bench.log(kinds)).map(({ event }) => event)).toEqual([
      "waiting",
      "active",
      "delayed",
      "waiting",
      "active",
      "delayed",
      "waiting",
      "active",
      "completed",
    ]);
  });

  test("failing a job leases the next one in the same call, also if the first is retried", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    await queue.add("a", {}, { attempts: 2, backoff: HOUR_MS });
    await queue.add("b", {}, { attempts: 1 });
    await queue.add("c", {});
    const a = await take(worker);
    const afterDelayed = await a.moveToFailed(new Error("no"), TOKEN, true);
    expect(afterDelayed?.[0]).toMatchObject({ name: "b" });
    const b = await Job.fromId(worker, afterDelayed?.[1]);
    const afterFailed = await b?.moveToFailed(new Error("no"), TOKEN, true);
    expect(afterFailed?.[0]).toMatchObject({ name: "c" });
    expect(await queue.getJobCounts("wait", "active", "delayed", "failed")).toEqual({
      wait: 0,
      active: 1,
      delayed: 1,
      failed: 1,
    });
  });

  test("a failed job can be retried by hand, and waits behind the others", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    const job = await queue.add("a", {});
    await (await take(worker)).moveToFailed(new Error("no"), TOKEN, false);
    await queue.add("b", {});
    await job.retry();
    expect(await job.isWaiting()).toBe(true);
    const after = await queue.getJob(job.id ?? "");
    expect(after?.failedReason).toBeUndefined();
    expect(after?.finishedOn).toBeUndefined();
    expect(await takeAll(worker)).toEqual(["b", "a"]);
  });

  test("a completed job can be run again, with its attempts reset", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    const job = await queue.add("a", {}, { priority: 3 });
    await takeAll(worker);
    await job.retry("completed", { resetAttemptsMade: true, resetAttemptsStarted: true });
    expect(await job.getState()).toBe("prioritized");
    expect(await queue.getJob(job.id ?? "")).toMatchObject({ attemptsMade: 0, attemptsStarted: 0 });
    expect(await takeAll(worker)).toEqual(["a"]);
  });

  test("retrying a job that has not failed is an error", async () => {
    await using bench = await openBench(backend);
    const job = await bench.queue().add("a", {});
    await expect(job.retry()).rejects.toThrow("is not in the failed state");
  });

  test("all failed jobs can be retried at once, or those failed before a time", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    for (const name of ["a", "b", "c", "d"]) await queue.add(name, {});
    for (let i = 0; i < 4; i += 1) {
      await (await take(worker)).moveToFailed(new Error("no"), TOKEN, false);
    }
    await queue.retryJobs({ timestamp: Date.now() - HOUR_MS });
    expect(await queue.getFailedCount()).toBe(4);
    await queue.retryJobs({ count: 3 });
    expect(await queue.getJobCounts("failed", "wait")).toEqual({ failed: 0, wait: 4 });
    expect((await takeAll(worker)).toSorted()).toEqual(["a", "b", "c", "d"]);
    await queue.retryJobs({ state: "completed" });
    expect(await queue.getJobCounts("completed", "wait")).toEqual({ completed: 0, wait: 4 });
  });

  test("a running job can go back to the head of the queue without losing an attempt", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const ran: string[] = [];
    const worker = bench.worker(
      async (job, token) => {
        ran.push(`${job.name}${job.attemptsStarted}`);
        if (job.name !== "a" || job.attemptsStarted > 1) return;
        await job.moveToWait(token);
        throw new WaitingError();
      },
      { autorun: false },
    );
    await queue.add("a", {});
    await queue.add("b", {});
    const completed = happens(worker, "completed", 2);
    void worker.run();
    await completed;
    expect(ran).toEqual(["a1", "a2", "b1"]);
  });
});
