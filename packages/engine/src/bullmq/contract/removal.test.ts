import { expect, test } from "vitest";
import { contract } from "./backends.ts";
import { happens, names, openBench, TOKEN, take, takeAll } from "./bench.ts";

const HOUR_MS = 3_600_000;

contract("drain, clean, obliterate", (backend) => {
  test("drain removes waiting jobs, and leaves delayed and active jobs", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    await queue.add("active", {});
    const active = await take(worker);
    const waiting = await queue.add("a", {});
    await queue.add("b", {}, { priority: 3 });
    await queue.add("c", {}, { delay: HOUR_MS });
    await queue.drain();
    expect(await queue.getJobCounts("wait", "prioritized", "delayed", "active")).toEqual({
      wait: 0,
      prioritized: 0,
      delayed: 1,
      active: 1,
    });
    expect(await queue.getJob(waiting.id ?? "")).toBeUndefined();
    expect(await takeAll(worker)).toEqual([]);
    await active.moveToCompleted(null, TOKEN, false);
    expect(await queue.getCompletedCount()).toBe(1);
  });

  test("drain with delayed removes delayed jobs too", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await queue.add("a", {});
    await queue.add("b", {}, { delay: HOUR_MS });
    await queue.drain(true);
    expect(await queue.count()).toBe(0);
    expect(await queue.getDelayedCount()).toBe(0);
  });

  test("drain keeps the next iteration of a job scheduler", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await queue.add("a", {});
    await queue.upsertJobScheduler("s", { pattern: "0 0 1 1 *" }, { name: "tick" });
    await queue.drain(true);
    expect(names(await queue.getDelayed())).toEqual(["tick"]);
    expect(await queue.getWaitingCount()).toBe(0);
  });

  test("a drained queue takes new jobs", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await queue.addBulk(["a", "b"].map((name) => ({ name, data: {} })));
    await queue.drain();
    await queue.add("c", {});
    expect(await takeAll(bench.worker(undefined))).toEqual(["c"]);
  });

  test("clean removes finished jobs that are older than the grace time, oldest first", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    for (const name of ["a", "b", "c"]) await queue.add(name, {});
    await takeAll(worker);
    expect(await queue.clean(HOUR_MS, 0, "completed")).toEqual([]);
    const oldest = (await queue.getCompleted(0, -1)).at(-1)?.id;
    expect(await queue.clean(0, 1, "completed")).toEqual([oldest]);
    expect(await queue.clean(0, 0, "completed")).toHaveLength(2);
    expect(await queue.getCompletedCount()).toBe(0);
  });

  test("clean removes failed jobs", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    const job = await queue.add("a", {});
    await (await take(worker)).moveToFailed(new Error("no"), TOKEN, false);
    expect(await queue.clean(0, 0, "failed")).toEqual([job.id]);
    expect(await queue.getFailedCount()).toBe(0);
  });

  test("clean removes waiting jobs, the next ones first", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const jobs = await queue.addBulk(["a", "b", "c", "d"].map((name) => ({ name, data: {} })));
    const events = await bench.events();
    const cleaned = happens<[{ count: string }]>(events, "cleaned");
    const removed = await queue.clean(0, 2, "wait");
    expect(removed.toSorted()).toEqual([jobs[0]?.id, jobs[1]?.id].toSorted());
    expect((await cleaned)[0]?.[0].count).toBe("2");
    expect(await queue.clean(HOUR_MS, 0, "wait")).toEqual([]);
    expect(await takeAll(bench.worker(undefined))).toEqual(["c", "d"]);
  });

  test("clean removes prioritized and delayed jobs", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const b = await queue.add("b", {}, { priority: 2 });
    const a = await queue.add("a", {}, { priority: 1 });
    const c = await queue.add("c", {}, { delay: HOUR_MS });
    await queue.add("d", {});
    expect(await queue.clean(0, 1, "prioritized")).toEqual([a.id]);
    expect(await queue.clean(0, 0, "prioritized")).toEqual([b.id]);
    expect(await queue.clean(0, 0, "delayed")).toEqual([c.id]);
    expect(await takeAll(bench.worker(undefined))).toEqual(["d"]);
  });

  test("clean removes active jobs without a lock, and no others", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    await queue.addBulk(["a", "b"].map((name) => ({ name, data: {} })));
    const lost = await take(worker);
    await take(worker);
    await bench.redis.del(`${bench.prefix}:contract:${lost.id}:lock`);
    expect(await queue.clean(0, 0, "active")).toEqual([lost.id]);
    expect(await queue.getActiveCount()).toBe(1);
  });

  test("obliterate needs a paused queue without active jobs, unless forced", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    await queue.add("a", {});
    // obliterate() itself pauses first.
    const backendOfQueue = queue.getBackend();
    await expect(backendOfQueue.obliterate({ force: false, count: 10 })).rejects.toThrow(
      "non-paused",
    );
    await take(worker);
    await expect(queue.obliterate()).rejects.toThrow("with active jobs");
    expect(await queue.getActiveCount()).toBe(1);
    await queue.obliterate({ force: true });
    expect(await queue.getActiveCount()).toBe(0);
  });

  test("obliterate leaves nothing", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    await queue.upsertJobScheduler("s", { every: HOUR_MS }, { name: "tick" });
    await queue.addBulk(Array.from({ length: 30 }, (_, i) => ({ name: `${i}`, data: {} })));
    for (let i = 0; i < 30; i += 1) await queue.add("p", {}, { priority: 1 + (i % 9) });
    await queue.add("d", {}, { delay: HOUR_MS });
    const job = await take(worker);
    await job.log("a row");
    await job.moveToCompleted(null, TOKEN, false);
    await (await take(worker)).moveToFailed(new Error("no"), TOKEN, false);
    await take(worker);
    await queue.obliterate({ force: true, count: 7 });
    expect(await bench.redis.keys(`${bench.prefix}:*`)).toEqual([]);
  });

  test("an obliterated queue takes new jobs", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    for (const priority of [0, 3]) await queue.add("a", {}, { priority });
    await queue.obliterate();
    await queue.add("b", {});
    expect(await queue.isPaused()).toBe(false);
    expect(await takeAll(bench.worker(undefined))).toEqual(["b"]);
  });

  test("orphaned jobs are removed, and only those", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    for (const name of ["active", "completed", "failed"]) await queue.add(name, {});
    await take(worker);
    await (await take(worker)).moveToCompleted(null, TOKEN, false);
    await (await take(worker)).moveToFailed(new Error("no"), TOKEN, false);
    await queue.add("waiting", {});
    await queue.add("prioritized", {}, { priority: 3 });
    await queue.add("delayed", {}, { delay: HOUR_MS });
    await queue.upsertJobScheduler("s", { every: HOUR_MS }, { name: "tick" });
    const base = `${bench.prefix}:contract:`;
    const orphans = [bench.id("orphan1"), bench.id("orphan2")];
    for (const id of orphans) {
      await bench.redis.hset(`${base}${id}`, "name", "orphan", "data", "{}");
      await bench.redis.rpush(`${base}${id}:logs`, "a row");
    }
    const types = ["wait", "prioritized", "delayed", "active", "completed", "failed"] as const;
    const counts = await queue.getJobCounts(...types);
    expect(await queue.removeOrphanedJobs()).toBe(2);
    for (const id of orphans) expect(await bench.redis.keys(`${base}${id}*`)).toEqual([]);
    expect(await queue.getJobCounts(...types)).toEqual(counts);
    expect(names(await queue.getJobs([...types])).toSorted()).toEqual(
      ["active", "completed", "delayed", "failed", "prioritized", "tick", "waiting"].toSorted(),
    );
    expect(await queue.removeOrphanedJobs()).toBe(0);
  });
});

contract("removing a job", (backend) => {
  test("a waiting job can be removed from any place", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const jobs = [
      await queue.add("a", {}),
      await queue.add("b", {}, { priority: 3 }),
      await queue.add("c", {}, { delay: HOUR_MS }),
    ];
    await queue.add("d", {});
    for (const job of jobs) await job.remove();
    expect(await queue.getJobCounts("wait", "prioritized", "delayed")).toEqual({
      wait: 1,
      prioritized: 0,
      delayed: 0,
    });
    const removed = (await bench.log(["removed"])).map(({ jobId, prev }) => [jobId, prev]);
    expect(removed).toEqual([
      [jobs[0]?.id, "wait"],
      [jobs[1]?.id, "prioritized"],
      [jobs[2]?.id, "delayed"],
    ]);
    expect(await takeAll(bench.worker(undefined))).toEqual(["d"]);
  });

  test("finished jobs can be removed", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const job = await queue.add("a", {});
    await takeAll(bench.worker(undefined));
    expect(await queue.remove(job.id ?? "")).toBe(1);
    expect(await queue.getJob(job.id ?? "")).toBeUndefined();
    expect(await queue.getCompletedCount()).toBe(0);
  });

  test("a locked job cannot be removed", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await queue.add("a", {});
    const job = await take(bench.worker(undefined));
    await expect(job.remove()).rejects.toThrow("could not be removed because it is locked");
    expect(await queue.remove(job.id ?? "")).toBe(0);
    expect(await job.isActive()).toBe(true);
    await bench.redis.del(`${bench.prefix}:contract:${job.id}:lock`);
    await job.remove();
    expect(await queue.getActiveCount()).toBe(0);
  });

  test("the next iteration of a job scheduler cannot be removed by itself", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const job = await queue.upsertJobScheduler("s", { every: HOUR_MS }, { name: "tick" });
    await expect(job.remove()).rejects.toThrow("belongs to a job scheduler");
  });
});

contract("retention", (backend) => {
  test("completed and failed jobs are kept by default", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    for (const name of ["a", "b"]) await queue.add(name, {});
    await (await take(worker)).moveToFailed(new Error("no"), TOKEN, false);
    await takeAll(worker);
    expect(await queue.getJobCounts("completed", "failed")).toEqual({ completed: 1, failed: 1 });
  });

  test("a job is removed when it completes or fails, if its options say so", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    const failed = await queue.add("a", {}, { removeOnFail: true });
    const completed = await queue.add("b", {}, { removeOnComplete: true });
    await (await take(worker)).moveToFailed(new Error("no"), TOKEN, false);
    await takeAll(worker);
    expect(await queue.getJobCounts("completed", "failed")).toEqual({ completed: 0, failed: 0 });
    expect(await queue.getJob(failed.id ?? "")).toBeUndefined();
    expect(await completed.getState()).toBe("unknown");
  });

  test("a number of the last finished jobs is kept", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue({
      defaultJobOptions: { removeOnComplete: 2, removeOnFail: { count: 1 } },
    });
    const worker = bench.worker(undefined);
    for (const name of ["a", "b", "c", "d", "e"]) await queue.add(name, {});
    let ended = 0;
    for (const outcome of ["failed", "failed", "completed", "completed", "completed"] as const) {
      const job = await take(worker);
      if (outcome === "completed") await job.moveToCompleted(null, TOKEN, false);
      else await job.moveToFailed(new Error("no"), TOKEN, false);
      // Jobs that end in the same millisecond have no order.
      ended += 1;
      await bench.redis.zadd(`${bench.prefix}:contract:${outcome}`, "XX", ended, job.id ?? "");
    }
    expect(names(await queue.getFailed())).toEqual(["b"]);
    expect(names(await queue.getCompleted()).toSorted()).toEqual(["d", "e"]);
  });

  test("jobs older than an age are removed when another job finishes", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined, { removeOnComplete: { age: 60 } });
    const old = await queue.add("old", {});
    await takeAll(worker);
    const hourAgo = Date.now() - HOUR_MS;
    await bench.redis.zadd(`${bench.prefix}:contract:completed`, hourAgo, old.id ?? "");
    await queue.add("new", {});
    await takeAll(worker);
    expect(names(await queue.getCompleted())).toEqual(["new"]);
    expect(await queue.getJob(old.id ?? "")).toBeUndefined();
  });
});
