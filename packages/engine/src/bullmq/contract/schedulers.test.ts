import { expect, test } from "vitest";
import { contract } from "./backends.ts";
import { happens, names, openBench, takeAll } from "./bench.ts";

const HOUR_MS = 3_600_000;
const NEW_YEAR = { pattern: "0 0 1 1 *", tz: "UTC" };

contract("job schedulers", (backend) => {
  test("a scheduler makes a job from its template at each interval", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const ran: unknown[] = [];
    const worker = bench.worker(async (job) => ran.push([job.name, job.data]));
    const completed = happens(worker, "completed", 3);
    await queue.upsertJobScheduler("s", { every: 20 }, { name: "tick", data: { n: 1 } });
    await completed;
    await queue.removeJobScheduler("s");
    expect(ran.slice(0, 3)).toEqual(Array(3).fill(["tick", { n: 1 }]));
  });

  test("the first job of an interval is due at once", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await queue.upsertJobScheduler("s", { every: HOUR_MS }, { name: "tick" });
    expect(await takeAll(bench.worker(undefined))).toEqual(["tick"]);
    // Leasing the job has made the next one.
    expect(names(await queue.getDelayed())).toEqual(["tick"]);
    expect((await queue.getJobScheduler("s"))?.iterationCount).toBe(2);
  });

  test("a cron pattern sets the times", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const job = await queue.upsertJobScheduler("s", NEW_YEAR, { name: "tick", data: { n: 1 } });
    const scheduler = await queue.getJobScheduler("s");
    expect(scheduler).toMatchObject({ key: "s", name: "tick", ...NEW_YEAR });
    expect(scheduler?.template?.data).toEqual({ n: 1 });
    expect(new Date(scheduler?.next ?? 0).toISOString()).toMatch(/-01-01T00:00:00.000Z$/);
    expect(job.id).toBe(`repeat:s:${scheduler?.next}`);
    expect(await job.getState()).toBe("delayed");
  });

  test("upserting changes the scheduler and its waiting job", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await queue.upsertJobScheduler("s", NEW_YEAR, { name: "old", data: { n: 1 } });
    await queue.upsertJobScheduler("s", { pattern: "0 12 * * *" }, { name: "new", data: { n: 2 } });
    expect(await queue.getJobSchedulersCount()).toBe(1);
    expect(names(await queue.getDelayed())).toEqual(["new"]);
    expect((await queue.getJobScheduler("s"))?.pattern).toBe("0 12 * * *");
  });

  test("upserting replaces a job that already waits", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await queue.upsertJobScheduler("s", { every: HOUR_MS }, { name: "old" });
    await queue.upsertJobScheduler("s", { every: HOUR_MS }, { name: "new" });
    expect(await takeAll(bench.worker(undefined))).toEqual(["new"]);
  });

  test("upserting replaces a prioritized job that already waits", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const opts = { priority: 5 };
    await queue.upsertJobScheduler("s", { every: HOUR_MS }, { name: "old", opts });
    expect(names(await queue.getPrioritized())).toEqual(["old"]);
    await queue.upsertJobScheduler("s", { every: HOUR_MS }, { name: "new", opts });
    expect(await takeAll(bench.worker(undefined))).toEqual(["new"]);
  });

  test("removing a scheduler removes its next job", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await queue.upsertJobScheduler("s", NEW_YEAR, { name: "tick" });
    expect(await queue.removeJobScheduler("s")).toBe(true);
    expect(await queue.removeJobScheduler("s")).toBe(false);
    expect(await queue.getJobSchedulers()).toEqual([]);
    expect(await queue.getDelayedCount()).toBe(0);
  });

  test("a scheduler stops at its limit", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const ran: string[] = [];
    const worker = bench.worker(async ({ name }) => ran.push(name));
    const completed = happens(worker, "completed", 3);
    await queue.upsertJobScheduler("s", { every: 15, limit: 3 }, { name: "tick" });
    await completed;
    await worker.close();
    expect(ran).toEqual(["tick", "tick", "tick"]);
    expect(await queue.getDelayedCount()).toBe(0);
  });

  test("schedulers are listed by their next time", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    await queue.upsertJobScheduler("late", NEW_YEAR);
    await queue.upsertJobScheduler("soon", { every: 1_000 });
    expect((await queue.getJobSchedulers(0, -1, true)).map(({ key }) => key)).toEqual([
      "soon",
      "late",
    ]);
  });

  test("the template's options hold for its jobs", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const opts = { priority: 7, attempts: 4 };
    const job = await queue.upsertJobScheduler("s", { every: HOUR_MS }, { name: "tick", opts });
    expect(await job.getState()).toBe("prioritized");
    expect((await queue.getJob(job.id ?? ""))?.opts).toMatchObject(opts);
  });

  test("a scheduler continues when its job fails", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(async () => {
      throw new Error("no");
    });
    const failed = happens(worker, "failed", 2);
    await queue.upsertJobScheduler("s", { every: 15 }, { name: "tick" });
    await failed;
    expect(await queue.getJobSchedulersCount()).toBe(1);
  });
});
