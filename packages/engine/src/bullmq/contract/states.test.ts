import type { JobType } from "bullmq";
import { expect, test } from "vitest";
import { contract } from "./backends.ts";
import { names, openBench, TOKEN, take } from "./bench.ts";

const HOUR_MS = 3_600_000;

/** A queue with two jobs in each state. */
async function openFilled(backend: Parameters<Parameters<typeof contract>[1]>[0]) {
  const bench = await openBench(backend);
  const queue = bench.queue();
  const worker = bench.worker(undefined);
  for (const name of ["completed1", "completed2", "failed1", "failed2", "active1", "active2"]) {
    await queue.add(name, {});
  }
  for (let i = 0; i < 2; i += 1) await (await take(worker)).moveToCompleted(null, TOKEN, false);
  for (let i = 0; i < 2; i += 1) {
    await (await take(worker)).moveToFailed(new Error("no"), TOKEN, false);
  }
  for (let i = 0; i < 2; i += 1) await take(worker);
  await queue.add("waiting1", {});
  await queue.add("waiting2", {});
  await queue.add("prioritized2", {}, { priority: 5 });
  await queue.add("prioritized1", {}, { priority: 4 });
  await queue.add("delayed2", {}, { delay: 2 * HOUR_MS });
  await queue.add("delayed1", {}, { delay: HOUR_MS });
  await bench.flows().add({
    name: "parent",
    queueName: "contract",
    children: [{ name: "child", queueName: "elsewhere" }],
  });
  return { bench, queue };
}

const stored: readonly (readonly [JobType, readonly string[]])[] = [
  ["completed", ["completed1", "completed2"]],
  ["failed", ["failed1", "failed2"]],
  ["active", ["active1", "active2"]],
  ["wait", ["waiting1", "waiting2"]],
  ["waiting", ["waiting1", "waiting2"]],
  ["prioritized", ["prioritized1", "prioritized2"]],
  ["delayed", ["delayed1", "delayed2"]],
  ["waiting-children", ["parent"]],
];

contract("states", (backend) => {
  test("each state is counted", async () => {
    const { bench, queue } = await openFilled(backend);
    await using _ = bench;
    expect(await queue.getJobCounts()).toEqual({
      active: 2,
      completed: 2,
      delayed: 2,
      failed: 2,
      prioritized: 2,
      waiting: 2,
      "waiting-children": 1,
    });
    // The jobs that are still to be run.
    expect(await queue.count()).toBe(7);
    expect(await queue.getWaitingCount()).toBe(2);
    expect(await queue.getPrioritizedCount()).toBe(2);
    expect(await queue.getWaitingChildrenCount()).toBe(1);
    expect(await queue.getJobCountByTypes("wait", "prioritized", "failed")).toBe(6);
    expect(await queue.getDelayedCount(Date.now() + HOUR_MS + 60_000)).toBe(1);
  });

  test("priorities are counted", async () => {
    const { bench, queue } = await openFilled(backend);
    await using _ = bench;
    expect(await queue.getCountsPerPriority([0, 1, 4, 5])).toEqual({ 0: 2, 1: 0, 4: 1, 5: 1 });
  });

  test("the jobs of each state are listed, both ways, whole and in pages", async () => {
    const { bench, queue } = await openFilled(backend);
    await using _ = bench;
    for (const [type, inOrder] of stored) {
      const listed = names(await queue.getJobs([type], 0, -1, true));
      // Jobs that finished in the same millisecond have no order between them.
      const sorted = type === "completed" || type === "failed" ? listed.toSorted() : listed;
      expect([type, sorted]).toEqual([type, inOrder]);
      expect(names(await queue.getJobs([type], 0, -1, false))).toEqual(listed.toReversed());
      expect(names(await queue.getJobs([type], 0, 0, true))).toEqual(listed.slice(0, 1));
      expect(names(await queue.getJobs([type], 1, 5, true))).toEqual(listed.slice(1));
      expect(names(await queue.getJobs([type], 1, 5, false))).toEqual(listed.toReversed().slice(1));
      expect(names(await queue.getJobs([type], 5, 9, true))).toEqual([]);
      expect(names(await queue.getJobs([type], 5, 9, false))).toEqual([]);
      const ids = await queue.getRanges([type], 0, -1, true);
      const jobs = await Promise.all(ids.map((id) => queue.getJob(id)));
      expect(jobs.map((job) => job?.name)).toEqual(listed);
    }
  });

  test("the getters of each state list its jobs", async () => {
    const { bench, queue } = await openFilled(backend);
    await using _ = bench;
    expect(names(await queue.getWaiting())).toEqual(["waiting1", "waiting2"]);
    expect(names(await queue.getPrioritized())).toEqual(["prioritized1", "prioritized2"]);
    expect(names(await queue.getActive())).toEqual(["active1", "active2"]);
    expect(names(await queue.getDelayed())).toEqual(["delayed1", "delayed2"]);
    expect(names(await queue.getWaitingChildren())).toEqual(["parent"]);
    expect(names(await queue.getWaiting(1, 1))).toEqual(["waiting2"]);
  });

  test("a long list is paged from both ends", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const added = Array.from({ length: 25 }, (_, i) => `${i}`);
    await queue.addBulk(added.map((name) => ({ name, data: {} })));
    await queue.addBulk(added.map((name) => ({ name, data: {}, opts: { priority: 7 } })));
    for (const type of ["wait", "prioritized"] as const) {
      for (let start = 0; start < 30; start += 10) {
        expect(names(await queue.getJobs([type], start, start + 9, true))).toEqual(
          added.slice(start, start + 10),
        );
        expect(names(await queue.getJobs([type], start, start + 9, false))).toEqual(
          added.toReversed().slice(start, start + 10),
        );
      }
    }
  });

  test("each job knows its state", async () => {
    const { bench, queue } = await openFilled(backend);
    await using _ = bench;
    for (const [type] of stored.filter(([each]) => each !== "wait")) {
      for (const job of await queue.getJobs([type])) {
        expect([job.name, await job.getState()]).toEqual([job.name, type]);
        expect([
          await job.isWaiting(),
          await job.isActive(),
          await job.isDelayed(),
          await job.isCompleted(),
          await job.isFailed(),
          await job.isWaitingChildren(),
        ]).toEqual(
          ["waiting", "active", "delayed", "completed", "failed", "waiting-children"].map(
            (state) => state === type,
          ),
        );
      }
    }
    expect(await queue.getJobState(bench.id("none"))).toBe("unknown");
    const inState = (state: string, id: string | undefined) =>
      queue.getBackend().isJobInState(state, id ?? "");
    const [prioritized] = await queue.getPrioritized();
    expect(await inState("prioritized", prioritized?.id)).toBe(true);
    expect(await inState("wait", prioritized?.id)).toBe(false);
    expect(await inState("paused", prioritized?.id)).toBe(false);
    const [waiting] = await queue.getWaiting();
    expect(await inState("wait", waiting?.id)).toBe(true);
    expect(await inState("prioritized", waiting?.id)).toBe(false);
  });

  test("the metrics of Prometheus count the same", async () => {
    const { bench, queue } = await openFilled(backend);
    await using _ = bench;
    const metrics = await queue.exportPrometheusMetrics();
    expect(metrics).toContain('bullmq_job_count{queue="contract", state="waiting"} 2');
    expect(metrics).toContain('bullmq_job_count{queue="contract", state="prioritized"} 2');
  });
});

contract("a job's own", (backend) => {
  test("data, progress and logs can be changed and read", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const job = await queue.add("a", { n: 1 }, { keepLogs: 2 });
    await job.updateData({ n: 2 });
    await job.updateProgress({ part: 3 });
    for (const row of ["one", "two", "three"]) await job.log(row);
    const after = await queue.getJob(job.id ?? "");
    expect(after).toMatchObject({ data: { n: 2 }, progress: { part: 3 } });
    expect(await queue.getJobLogs(job.id ?? "")).toEqual({ logs: ["two", "three"], count: 2 });
    await job.clearLogs();
    expect((await queue.getJobLogs(job.id ?? "")).count).toBe(0);
    expect(await bench.log(["progress"])).toMatchObject([{ jobId: job.id, data: '{"part":3}' }]);
  });

  test("changing a job that does not exist is an error", async () => {
    await using bench = await openBench(backend);
    const job = await bench.queue().add("a", {});
    await job.remove();
    await expect(job.updateData({})).rejects.toThrow("Missing key");
    await expect(job.updateProgress(1)).rejects.toThrow("Missing key");
    await expect(job.log("x")).rejects.toThrow("Missing key");
  });

  test("options come back as they were given", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const opts = {
      attempts: 7,
      backoff: { type: "exponential", delay: 100, jitter: 0.5 },
      removeOnComplete: { age: 60, count: 5 },
      removeOnFail: 3,
      stackTraceLimit: 4,
      keepLogs: 9,
      sizeLimit: 1_000,
      timestamp: 1_700_000_000_123,
      telemetry: { metadata: "trace", omitContext: true },
      failParentOnFailure: true,
    };
    const one = await queue.add("one", { text: 'ü \u0000 "' }, opts);
    const [two] = await queue.addBulk([{ name: "two", data: { text: 'ü \u0000 "' }, opts }]);
    for (const id of [one.id, two?.id]) {
      const job = await queue.getJob(id ?? "");
      expect(job?.opts).toMatchObject(opts);
      expect(job?.data).toEqual({ text: 'ü \u0000 "' });
      expect(job?.timestamp).toBe(opts.timestamp);
    }
    await expect(queue.add("big", { text: "x".repeat(2_000) }, opts)).rejects.toThrow(
      "exceeds the limit",
    );
  });
});
