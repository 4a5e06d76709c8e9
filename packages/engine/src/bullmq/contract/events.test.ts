import { expect, test } from "vitest";
import { contract } from "./backends.ts";
import { happens, openBench, TOKEN, take, takeAll } from "./bench.ts";

contract("events", (backend) => {
  test("a job is added, waiting, active and completed, and then the queue is drained", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    const job = await queue.add("a", {});
    await (await take(worker)).moveToCompleted("done", TOKEN, false);
    expect(await bench.log()).toEqual([
      { event: "added", jobId: job.id, name: "a" },
      { event: "waiting", jobId: job.id },
      { event: "active", jobId: job.id, prev: "waiting" },
      { event: "completed", jobId: job.id, returnvalue: '"done"', prev: "active" },
      { event: "drained" },
    ]);
  });

  test("events report that a job failed and was retried", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    const { id: jobId } = await queue.add("a", {}, { attempts: 2, priority: 2 });
    for (let i = 0; i < 2; i += 1) {
      await (await take(worker)).moveToFailed(new Error("no"), TOKEN, false);
    }
    expect(await bench.log()).toEqual([
      { event: "added", jobId, name: "a" },
      { event: "waiting", jobId },
      { event: "active", jobId, prev: "waiting" },
      { event: "waiting", jobId, prev: "active" },
      { event: "active", jobId, prev: "waiting" },
      { event: "failed", jobId, failedReason: "no", prev: "active" },
      { event: "retries-exhausted", jobId, attemptsMade: "2" },
      { event: "drained" },
    ]);
  });

  test("jobs added in bulk are announced as if added one by one", async () => {
    await using bench = await openBench(backend);
    const [a, b] = await bench.queue().addBulk([
      { name: "a", data: {} },
      { name: "b", data: {}, opts: { priority: 3 } },
    ]);
    expect(await bench.log()).toEqual([
      { event: "added", jobId: a?.id, name: "a" },
      { event: "waiting", jobId: a?.id },
      { event: "added", jobId: b?.id, name: "b" },
      { event: "waiting", jobId: b?.id },
    ]);
  });

  test("a queue is drained once, when its last job ends", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    await queue.addBulk([
      { name: "a", data: {} },
      { name: "b", data: {}, opts: { priority: 1 } },
    ]);
    await queue.add("c", {}, { delay: 3_600_000 });
    const a = await take(worker);
    const b = await take(worker);
    await a.moveToCompleted(null, TOKEN, false);
    expect(await bench.log(["drained"])).toEqual([]);
    await b.moveToCompleted(null, TOKEN, true);
    // The queue counts as drained although a delayed job exists. A worker that asks for a job learns when that is due.
    expect(await bench.log(["drained"])).toEqual([]);
    await queue.drain(true);
    await queue.add("d", {});
    await takeAll(worker);
    expect(await bench.log(["drained"])).toHaveLength(1);
  });

  test("a worker emits drained when it finds no more jobs", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const ran: string[] = [];
    await queue.addBulk(["a", "b"].map((name) => ({ name, data: {} })));
    const worker = bench.worker(async ({ name }) => ran.push(name));
    await happens(worker, "drained");
    expect(ran).toEqual(["a", "b"]);
  });

  test("QueueEvents receives all events in order, also by job id", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const events = await bench.events();
    const jobId = bench.id("mine");
    const heard: string[] = [];
    for (const event of ["added", "waiting", "active", "progress", "completed"] as const) {
      events.on(event, () => heard.push(event));
    }
    const drained = happens(events, "drained");
    const byId = happens(events, `completed:${jobId}`);
    const worker = bench.worker(async (job) => {
      await job.updateProgress(50);
      return { n: 1 };
    });
    const completed = happens<[unknown, unknown, string]>(worker, "completed");
    await queue.add("a", {}, { jobId });
    await drained;
    expect(heard).toEqual(["added", "waiting", "active", "progress", "completed"]);
    expect((await byId)[0]?.[0]).toMatchObject({ jobId, returnvalue: { n: 1 }, prev: "active" });
    expect((await completed)[0]?.[2]).toBe("active");
  });

  test("waitUntilFinished works for a job that completes, fails, or has already ended", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const events = await bench.events();
    bench.worker(async ({ name }) => {
      if (name === "bad") throw new Error("no");
      return 42;
    });
    const good = await queue.add("good", {});
    const bad = await queue.add("bad", {});
    expect(await good.waitUntilFinished(events)).toBe(42);
    await expect(bad.waitUntilFinished(events)).rejects.toThrow("no");
    expect(await good.waitUntilFinished(events)).toBe(42);
    await expect(bad.waitUntilFinished(events)).rejects.toThrow("no");
  });

  test("the stream is kept to the length that the queue asks for", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue({ streams: { events: { maxLen: 10 } } });
    await queue.waitUntilReady();
    await queue.addBulk(Array.from({ length: 500 }, () => ({ name: "a", data: {} })));
    // Redis trims streams by whole nodes, of 100 entries by default.
    expect((await bench.log()).length).toBeLessThan(500);
    await queue.trimEvents(0);
    expect(await bench.log()).toEqual([]);
  });
});
