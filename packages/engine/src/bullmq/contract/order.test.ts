import { expect, test } from "vitest";
import { contract } from "./backends.ts";
import { happens, names, openBench, takeAll } from "./bench.ts";

contract("order", (backend) => {
  test("jobs run in the order in which they were added", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    for (const name of ["a", "b", "c", "d", "e"]) await queue.add(name, {});
    expect(await takeAll(bench.worker(undefined))).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("a running worker of concurrency 1 keeps that order", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const ran: string[] = [];
    const worker = bench.worker(async ({ name }) => ran.push(name));
    const completed = happens(worker, "completed", 20);
    const added = Array.from({ length: 20 }, (_, i) => `job-${i}`);
    for (const name of added) await queue.add(name, {});
    await completed;
    expect(ran).toEqual(added);
  });

  test("jobs added in bulk run in the order of the list", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const added = Array.from({ length: 50 }, (_, i) => ({ name: `job-${i}`, data: { i } }));
    const jobs = await queue.addBulk(added);
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(50);
    expect(await takeAll(bench.worker(undefined))).toEqual(names(added));
  });

  test("a lifo job goes before all waiting jobs", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await queue.add("a", {});
    await queue.add("b", {});
    await queue.add("x", {}, { lifo: true });
    await queue.add("y", {}, { lifo: true });
    expect(await takeAll(bench.worker(undefined))).toEqual(["y", "x", "a", "b"]);
  });

  test("jobs without a priority go first, then a lower number before a higher", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await queue.add("nine", {}, { priority: 9 });
    await queue.add("one", {}, { priority: 1 });
    await queue.add("five", {}, { priority: 5 });
    await queue.add("none", {});
    expect(await takeAll(bench.worker(undefined))).toEqual(["none", "one", "five", "nine"]);
  });

  test("jobs of one priority run in the order in which they were added", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    for (const name of ["a", "b", "c"]) await queue.add(name, {}, { priority: 3 });
    for (const name of ["x", "y", "z"]) await queue.add(name, {}, { priority: 2 });
    expect(await takeAll(bench.worker(undefined))).toEqual(["x", "y", "z", "a", "b", "c"]);
  });

  test("priorities and last in, first out together", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await queue.addBulk([
      { name: "p2", data: {}, opts: { priority: 2 } },
      { name: "first", data: {} },
      { name: "p1", data: {}, opts: { priority: 1 } },
      { name: "lifo", data: {}, opts: { lifo: true } },
    ]);
    expect(await takeAll(bench.worker(undefined))).toEqual(["lifo", "first", "p1", "p2"]);
  });

  if (backend.oneLaneForAllPriorities) {
    test("priorities up to BullMQ's limit are kept apart", async () => {
      await using bench = await openBench(backend);
      const queue = bench.queue();
      for (const priority of [2_097_151, 128, 2_097_150, 127, 1_000, 11, 51]) {
        await queue.add(`${priority}`, {}, { priority });
      }
      expect(await takeAll(bench.worker(undefined))).toEqual([
        "11",
        "51",
        "127",
        "128",
        "1000",
        "2097150",
        "2097151",
      ]);
    });
  }

  test("a priority out of range or a custom id of digits is refused", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await expect(queue.add("x", {}, { priority: 2_097_152 })).rejects.toThrow("Priority");
    await expect(queue.add("x", {}, { priority: 1.5 })).rejects.toThrow("float");
    await expect(queue.add("x", {}, { jobId: "12" })).rejects.toThrow("integers");
    expect(await queue.getJobCounts("wait", "prioritized")).toEqual({ wait: 0, prioritized: 0 });
  });

  test("changing a priority moves the job behind the jobs of the new priority", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const a = await queue.add("a", {}, { priority: 1 });
    await queue.add("b", {}, { priority: 2 });
    await queue.add("c", {}, { priority: 2 });
    await a.changePriority({ priority: 2 });
    expect(await a.getState()).toBe("prioritized");
    expect((await queue.getJob(a.id ?? ""))?.priority).toBe(2);
    expect(await takeAll(bench.worker(undefined))).toEqual(["b", "c", "a"]);
  });

  test("changing a priority with lifo moves the job before the jobs of the new priority", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await queue.add("a", {}, { priority: 2 });
    await queue.add("b", {}, { priority: 2 });
    const c = await queue.add("c", {}, { priority: 5 });
    await c.changePriority({ priority: 2, lifo: true });
    expect(await takeAll(bench.worker(undefined))).toEqual(["c", "a", "b"]);
  });

  test("a job's priority can be removed, and a job can be given one", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await queue.add("a", {});
    const b = await queue.add("b", {}, { priority: 4 });
    const c = await queue.add("c", {});
    const d = await queue.add("d", {}, { priority: 4 });
    await b.changePriority({ priority: 0 });
    await d.changePriority({ priority: 0, lifo: true });
    await c.changePriority({ priority: 4 });
    expect(await b.getState()).toBe("waiting");
    expect(await c.getState()).toBe("prioritized");
    expect(await queue.getJobCounts("wait", "prioritized")).toEqual({ wait: 3, prioritized: 1 });
    expect(await takeAll(bench.worker(undefined))).toEqual(["d", "a", "b", "c"]);
  });

  test("changing the priority of a job that does not exist is an error", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const job = await queue.add("a", {});
    await job.remove();
    await expect(job.changePriority({ priority: 1 })).rejects.toThrow("Missing key");
  });

  test("several workers share the jobs, and each runs once", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const ran: string[] = [];
    const events = await bench.events();
    const completed = happens(events, "completed", 200);
    for (let i = 0; i < 4; i += 1) {
      bench.worker(async ({ name }) => ran.push(name), { concurrency: 5 });
    }
    const added = Array.from({ length: 200 }, (_, i) => ({ name: `job-${i}`, data: {} }));
    await queue.addBulk(added);
    await completed;
    expect(ran.toSorted()).toEqual(names(added).toSorted());
    expect(await queue.getJobCounts("wait", "active", "completed")).toEqual({
      wait: 0,
      active: 0,
      completed: 200,
    });
  });
});
