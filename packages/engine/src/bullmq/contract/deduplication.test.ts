import { expect, test } from "vitest";
import { contract } from "./backends.ts";
import { happens, openBench, TOKEN, take, takeAll } from "./bench.ts";

const HOUR_MS = 3_600_000;

contract("deduplication", (backend) => {
  test("a second job with the same id is not added, and an event reports it", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const jobId = bench.id("same");
    await queue.add("first", { n: 1 }, { jobId });
    await queue.add("second", { n: 2 }, { jobId });
    expect((await queue.getJob(jobId))?.data).toEqual({ n: 1 });
    expect(await queue.getWaitingCount()).toBe(1);
    expect(await bench.log(["duplicated"])).toEqual([{ event: "duplicated", jobId }]);
  });

  test("in bulk, a job with an id that exists is not added", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const jobId = bench.id("same");
    await queue.addBulk([
      { name: "a", data: 1, opts: { jobId } },
      { name: "b", data: 2, opts: { jobId } },
      { name: "c", data: 3 },
    ]);
    expect(await takeAll(bench.worker(undefined))).toEqual(["a", "c"]);
    expect(await bench.log(["duplicated"])).toHaveLength(1);
  });

  test("simple: while a job of the deduplication id lives, others are ignored", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    const deduplication = { id: "d" };
    const first = await queue.add("first", {}, { deduplication });
    const second = await queue.add("second", {}, { deduplication });
    expect(second.id).toBe(first.id);
    expect(await queue.getDeduplicationJobId("d")).toBe(first.id);
    expect(await bench.log(["deduplicated"])).toMatchObject([
      { jobId: first.id, deduplicationId: "d" },
    ]);
    expect(await takeAll(worker)).toEqual(["first"]);
    await queue.add("third", {}, { deduplication });
    expect(await takeAll(worker)).toEqual(["third"]);
  });

  test("simple: a failed job frees its deduplication id, a retried one keeps it", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    const deduplication = { id: "d" };
    const job = await queue.add("a", {}, { deduplication, attempts: 2 });
    await (await take(worker)).moveToFailed(new Error("no"), TOKEN, false);
    expect(await queue.getDeduplicationJobId("d")).toBe(job.id);
    await (await take(worker)).moveToFailed(new Error("no"), TOKEN, false);
    expect(await queue.getDeduplicationJobId("d")).toBeNull();
  });

  test("throttle: other jobs are ignored for a time, whatever happens to the first", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    const deduplication = { id: "d", ttl: HOUR_MS };
    await queue.add("first", {}, { deduplication });
    expect(await takeAll(worker)).toEqual(["first"]);
    await queue.add("second", {}, { deduplication });
    expect(await takeAll(worker)).toEqual([]);
    await queue.removeDeduplicationKey("d");
    await queue.add("third", {}, { deduplication });
    expect(await takeAll(worker)).toEqual(["third"]);
  });

  test("throttle with extend: each further job extends the time", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const deduplication = { id: "d", ttl: HOUR_MS, extend: true };
    await queue.add("first", {}, { deduplication });
    await bench.redis.pexpire(`${bench.prefix}:contract:de:d`, 60_000);
    await queue.add("second", {}, { deduplication });
    expect(await bench.redis.pttl(`${bench.prefix}:contract:de:d`)).toBeGreaterThan(60_000);
    expect(await queue.getWaitingCount()).toBe(1);
  });

  test("debounce: the last job replaces the delayed one", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const opts = {
      deduplication: { id: "d", ttl: HOUR_MS, extend: true, replace: true },
      delay: HOUR_MS,
    };
    const first = await queue.add("first", {}, opts);
    const second = await queue.add("second", { n: 2 }, opts);
    expect(second.id).not.toBe(first.id);
    expect(await queue.getJob(first.id ?? "")).toBeUndefined();
    expect(await queue.getDelayedCount()).toBe(1);
    await second.promote();
    // The job waits now, and is no longer replaced.
    await queue.add("third", {}, opts);
    expect(await takeAll(bench.worker(undefined))).toEqual(["second"]);
    expect(await bench.log(["removed"])).toMatchObject([{ jobId: first.id, prev: "delayed" }]);
  });

  test("keepLastIfActive: the last job added while one ran follows it", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    const deduplication = { id: "d", keepLastIfActive: true };
    await queue.add("first", { n: 1 }, { deduplication });
    const running = await take(worker);
    await queue.add("second", { n: 2 }, { deduplication });
    await queue.add("third", { n: 3 }, { deduplication });
    expect(await queue.getWaitingCount()).toBe(0);
    await running.moveToCompleted(null, TOKEN, false);
    expect(await queue.getWaitingCount()).toBe(1);
    expect((await take(worker)).data).toEqual({ n: 3 });
  });

  test("removing a waiting job frees its deduplication id", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const job = await queue.add("a", {}, { deduplication: { id: "d" } });
    await job.remove();
    expect(await queue.getDeduplicationJobId("d")).toBeNull();
  });

  test("a job can release its deduplication id while it runs", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    const deduplication = { id: "d" };
    await queue.add("a", {}, { deduplication });
    const running = await take(worker);
    expect(await running.removeDeduplicationKey()).toBe(true);
    await queue.add("b", {}, { deduplication });
    expect(await queue.getWaitingCount()).toBe(1);
    expect(await running.removeDeduplicationKey()).toBe(false);
  });

  test("QueueEvents receives events about duplicated and deduplicated jobs", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const events = await bench.events();
    const heard = Promise.all([happens(events, "duplicated"), happens(events, "deduplicated")]);
    const jobId = bench.id("same");
    await queue.add("a", {}, { jobId, deduplication: { id: "d" } });
    await queue.add("b", {}, { jobId });
    await queue.add("c", {}, { deduplication: { id: "d" } });
    const [[[duplicated] = []], [[deduplicated] = []]] = await heard;
    expect(duplicated).toMatchObject({ jobId });
    expect(deduplicated).toMatchObject({ jobId, deduplicationId: "d" });
  });
});
