import { expect, test } from "vitest";
import { contract } from "./backends.ts";
import { gate, happens, openBench, TOKEN, take, takeAll } from "./bench.ts";

contract("pause", (backend) => {
  test("no job of a paused queue runs until it is resumed", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const events = await bench.events();
    const announced = Promise.all([happens(events, "paused"), happens(events, "resumed")]);
    const ran: string[] = [];
    const worker = bench.worker(async ({ name }) => ran.push(name));
    await worker.waitUntilReady();
    await queue.pause();
    expect(await queue.isPaused()).toBe(true);
    await queue.add("a", {});
    await queue.add("b", {}, { priority: 1 });
    await queue.add("c", {});
    expect(await takeAll(bench.worker(undefined))).toEqual([]);
    expect(await queue.getJobCounts("wait", "prioritized")).toEqual({
      wait: 2,
      prioritized: 1,
    });
    const completed = happens(worker, "completed", 3);
    await queue.resume();
    await completed;
    await announced;
    expect(ran).toEqual(["a", "c", "b"]);
    expect(await queue.isPaused()).toBe(false);
  });

  test("a job that runs when its queue is paused is finished", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const started = gate();
    const release = gate();
    const worker = bench.worker(async () => {
      started.resolve();
      await release.promise;
    });
    const completed = happens(worker, "completed");
    await queue.add("a", {});
    await queue.add("b", {});
    await started.promise;
    await queue.pause();
    release.resolve();
    await completed;
    expect(await queue.getJobCounts("wait", "completed", "active")).toEqual({
      wait: 1,
      completed: 1,
      active: 0,
    });
  });

  test("a job that returns to a paused queue waits in its place", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    await queue.add("a", {}, { attempts: 2 });
    await queue.add("b", {});
    const delayed = await queue.add("c", {}, { delay: 3_600_000 });
    const a = await take(worker);
    await queue.pause();
    await a.moveToFailed(new Error("no"), TOKEN, true);
    await delayed.promote();
    expect(await a.isWaiting()).toBe(true);
    expect(await delayed.getState()).toBe("waiting");
    expect(await takeAll(worker)).toEqual([]);
    await queue.resume();
    expect(await takeAll(worker)).toEqual(["b", "a", "c"]);
  });

  test("a paused worker takes no jobs, and other workers do", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const ran: string[] = [];
    const one = bench.worker(async ({ name }) => ran.push(`one ${name}`));
    const two = bench.worker(async ({ name }) => ran.push(`two ${name}`));
    await Promise.all([one.waitUntilReady(), two.waitUntilReady()]);
    await one.pause();
    expect(one.isPaused()).toBe(true);
    const completed = happens(two, "completed", 4);
    for (const name of ["a", "b", "c", "d"]) await queue.add(name, {});
    await completed;
    expect(ran).toEqual(["two a", "two b", "two c", "two d"]);
    await two.pause();
    const resumed = happens(one, "completed");
    await one.resume();
    await queue.add("e", {});
    await resumed;
    expect(ran.at(-1)).toBe("one e");
  });

  test("pausing a worker waits for the job that it runs", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const started = gate();
    const release = gate();
    const worker = bench.worker(async () => {
      started.resolve();
      await release.promise;
    });
    await queue.add("a", {});
    await queue.add("b", {});
    await started.promise;
    const paused = worker.pause();
    release.resolve();
    await paused;
    expect(await queue.getJobCounts("active", "completed", "wait")).toEqual({
      active: 0,
      completed: 1,
      wait: 1,
    });
  });
});
