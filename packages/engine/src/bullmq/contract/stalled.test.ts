import { expect, test } from "vitest";
import { contract } from "./backends.ts";
import { type Bench, happens, openBench, TOKEN, take, takeAll } from "./bench.ts";

/** Makes a job look as if its worker had gone and its lock had expired. */
const loseLock = (bench: Bench, jobId: string | undefined) =>
  bench.redis.del(`${bench.prefix}:contract:${jobId}:lock`);

/** Runs the stalled check twice: the first run marks jobs without a lock, and the second moves them. */
async function checkTwice(bench: Bench, worker: ReturnType<Bench["worker"]>): Promise<string[]> {
  const key = `${bench.prefix}:contract:stalled-check`;
  await bench.redis.del(key);
  const first = await worker.getBackend().moveStalledJobsToWait();
  await bench.redis.del(key);
  return [...first, ...(await worker.getBackend().moveStalledJobsToWait())];
}

contract("stalled jobs", (backend) => {
  test("a job whose lock expired is run again by a running worker", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const events = await bench.events();
    const stalled = happens<[{ jobId: string }]>(events, "stalled");
    const dead = bench.worker(undefined, { lockDuration: 10 });
    const job = await queue.add("a", {});
    await take(dead);
    const worker = bench.worker(async () => "recovered", { stalledInterval: 20 });
    const completed = happens(worker, "completed");
    await completed;
    expect((await stalled)[0]?.[0].jobId).toBe(job.id);
    const after = await queue.getJob(job.id ?? "");
    expect(after).toMatchObject({
      stalledCounter: 1,
      attemptsStarted: 2,
      returnvalue: "recovered",
    });
  });

  test("a stalled job goes to the head of the queue", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    const a = await queue.add("a", {});
    await queue.add("b", {});
    await take(worker);
    await loseLock(bench, a.id);
    expect(await checkTwice(bench, worker)).toEqual([a.id]);
    expect(await a.getState()).toBe("waiting");
    expect(await takeAll(worker)).toEqual(["a", "b"]);
  });

  test("a job that still has its lock is left alone", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    const a = await queue.add("a", {});
    await take(worker);
    expect(await checkTwice(bench, worker)).toEqual([]);
    expect(await a.getState()).toBe("active");
  });

  test("the next worker fails a job that stalled too often", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const dead = bench.worker(undefined, { maxStalledCount: 0 });
    const job = await queue.add("a", {}, { attempts: 3 });
    await take(dead);
    await loseLock(bench, job.id);
    await checkTwice(bench, dead);
    const worker = bench.worker(async () => "never");
    const [[, error] = []] = await happens<[unknown, Error]>(worker, "failed");
    expect(error?.message).toBe("job stalled more than allowable limit");
    expect(await job.getState()).toBe("failed");
    expect(await queue.getJob(job.id ?? "")).toMatchObject({ attemptsMade: 1, stalledCounter: 1 });
  });

  test("renewing the lock keeps a job, and is refused without the token", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    await queue.add("a", {});
    const job = await take(worker);
    expect(await job.extendLock(TOKEN, 60_000)).toBe(1);
    expect(await job.extendLock("another", 60_000)).toBe(0);
    const lost = await worker.getBackend().extendLocks([job.id ?? "", "b"], [TOKEN, TOKEN], 1_000);
    expect(lost).toEqual(["b"]);
  });

  test("calls of a worker for a job that it lost are refused", async () => {
    await using bench = await openBench(backend);
    const queue = bench.queue();
    const worker = bench.worker(undefined);
    await queue.add("a", {});
    await queue.add("b", {});
    const job = await take(worker);
    await expect(job.moveToCompleted("x", "another", true)).rejects.toThrow("Lock mismatch");
    await loseLock(bench, job.id);
    await expect(job.moveToCompleted("x", TOKEN, true)).rejects.toThrow("Missing lock");
    await expect(job.moveToFailed(new Error("x"), TOKEN, true)).rejects.toThrow("Missing lock");
    await expect(job.moveToDelayed(Date.now() + 1_000, TOKEN)).rejects.toThrow("Missing lock");
    await expect(job.moveToWait(TOKEN)).rejects.toThrow("Missing lock");
    await checkTwice(bench, worker);
    // No refused call has leased another job.
    expect(await queue.getJobCounts("wait", "active")).toEqual({ wait: 2, active: 0 });
  });
});
