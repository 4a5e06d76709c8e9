import { Job } from "bullmq";
import { expect, test } from "vitest";
import { contract } from "./backends.ts";
import { gate, happens, openBench, TOKEN, take } from "./bench.ts";

contract("workers", (backend) => {
  test("closing a worker waits for the jobs that it runs", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const started = gate();
    const release = gate();
    const worker = bench.worker(async () => {
      started.resolve();
      await release.promise;
      return "finished";
    });
    const job = await queue.add("a", {});
    await queue.add("b", {});
    await started.promise;
    const closed = worker.close();
    release.resolve();
    await closed;
    expect(await queue.getJob(job.id ?? "")).toMatchObject({ returnvalue: "finished" });
    // The worker has not taken the next job.
    expect(await queue.getJobCounts("wait", "active", "completed")).toEqual({
      wait: 1,
      active: 0,
      completed: 1,
    });
  });

  test("an idle worker wakes for each job that is added", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(async ({ name }) => name);
    await worker.waitUntilReady();
    for (const [name, opts] of [
      ["plain", {}],
      ["prioritized", { priority: 4 }],
      ["lifo", { lifo: true }],
    ] as const) {
      const drained = happens(worker, "drained");
      const completed = happens(worker, "completed");
      await queue.add(name, {}, opts);
      expect((await completed)[0]?.[1]).toBe(name);
      await drained;
    }
    const completed = happens(worker, "completed", 3);
    await queue.addBulk(["x", "y", "z"].map((name) => ({ name, data: {} })));
    await completed;
  });

  test("a worker runs up to its concurrency of jobs at once", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const allStarted = gate();
    const release = gate();
    let started = 0;
    const worker = bench.worker(
      async () => {
        started += 1;
        if (started === 3) allStarted.resolve();
        await release.promise;
      },
      { concurrency: 3 },
    );
    await queue.addBulk(Array.from({ length: 5 }, (_, i) => ({ name: `${i}`, data: {} })));
    await allStarted.promise;
    expect(await queue.getJobCounts("active", "wait")).toEqual({ active: 3, wait: 2 });
    const completed = happens(worker, "completed", 5);
    release.resolve();
    await completed;
  });

  test("jobs can be leased and ended by hand, each end leasing the next", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined, { name: "hand" });
    const added = await queue.addBulk(["a", "b", "c"].map((name) => ({ name, data: { name } })));
    const a = await take(worker);
    expect(a).toMatchObject({ id: added[0]?.id, attemptsStarted: 1, processedBy: "hand" });
    const [bData, bId] = (await a.moveToCompleted("A", TOKEN, true)) ?? [];
    expect([bId, bData.data]).toEqual([added[1]?.id, '{"name":"b"}']);
    const b = await Job.fromId(worker, bId);
    expect(await b?.isActive()).toBe(true);
    const [cData, cId] = (await b?.moveToFailed(new Error("no"), TOKEN, true)) ?? [];
    expect(cData.name).toBe("c");
    const c = await Job.fromId(worker, cId);
    // No job is left to lease.
    const last = await c?.moveToCompleted("C", TOKEN, true);
    expect(last?.[0]).toBeFalsy();
    expect(await queue.getJobCounts("wait", "active", "completed", "failed")).toEqual({
      wait: 0,
      active: 0,
      completed: 2,
      failed: 1,
    });
  });

  test("ending a job without asking for the next one leases none", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    await queue.addBulk(["a", "b"].map((name) => ({ name, data: {} })));
    expect(await (await take(worker)).moveToCompleted(null, TOKEN, false)).toEqual([]);
    expect(await queue.getJobCounts("wait", "active")).toEqual({ wait: 1, active: 0 });
  });

  test("leasing by hand blocks until there is a job", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    expect(await worker.getNextJob(TOKEN, { block: false })).toBeUndefined();
    const next = worker.getNextJob(TOKEN);
    await queue.add("a", {});
    expect((await next)?.name).toBe("a");
  });

  test("a job that was started too often fails", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await queue.add("a", {}, { attempts: 10 });
    const hand = bench.worker(undefined);
    for (let i = 0; i < 2; i += 1) await (await take(hand)).moveToWait(TOKEN);
    const worker = bench.worker(async () => "never", { maxStartedAttempts: 2 });
    const [[, error] = []] = await happens<[unknown, Error]>(worker, "failed");
    expect(error?.message).toBe("job started more than allowable limit");
  });

  test("an idle worker that wakes for one job leases only that job", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(async () => undefined);
    await happens(worker, "drained");
    const completed = happens(worker, "completed");
    await queue.add("a", {});
    await completed;
    expect(await bench.log(["active"])).toHaveLength(1);
  });

  test("workers and listeners are listed", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(async () => undefined, { name: "w1" });
    await worker.waitUntilReady();
    expect((await queue.getWorkers()).map(({ rawname }) => rawname)).toEqual([
      expect.stringContaining(":w:w1"),
    ]);
  });

  test("metrics of finished jobs are kept", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(async () => undefined, { metrics: { maxDataPoints: 10 } });
    const completed = happens(worker, "completed", 2);
    await queue.addBulk(["a", "b"].map((name) => ({ name, data: {} })));
    await completed;
    expect((await queue.getMetrics("completed")).meta.count).toBe(2);
  });
});

contract("connections", (backend) => {
  test("a caller's own client is shared, and left open", async () => {
    await using bench = await openBench(backend);
    const options = { connection: bench.redis, prefix: bench.prefix };
    const queue = new bench.classes.Queue("contract", options);
    const job = await queue.add("a", {});
    expect(await queue.getBackend().client).toBeDefined();
    await queue.close();
    expect(bench.redis.status).toBe("ready");
    expect(await bench.redis.exists(`${bench.prefix}:contract:${job.id}`)).toBe(1);
  });

  test("a backend of another queue shares the connection", async () => {
    await using bench = await openBench(backend);
    const first = bench.queue().getBackend();
    const second = first.forQueue("other");
    expect(second.constructor).toBe(first.constructor);
    expect(second.qualifiedName).toBe(`${bench.prefix}:other`);
    expect(await (second as typeof first).client).toBe(await first.client);
    await second.close();
    expect(await first.getCounts(["wait"])).toEqual([0]);
  });
});
