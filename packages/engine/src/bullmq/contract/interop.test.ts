/** The engine and plain BullMQ classes on the same queue. */
import { withBackend } from "bullmq";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { lease, leaseOne, queue as queueName, setup, stateOf } from "../../../test/setup.ts";
import { bullPrefix, fairBackend, type Signal } from "../../index.ts";

const failure = { reason: "PROVIDER_ERROR", message: "no", retryable: true };

/** BullMQ's classes on the one shard of the engine's queue. */
async function setupBoth() {
  const parts = await setup();
  const { hostname: host, port } = new URL(parts.url);
  const options = {
    connection: { host, port: Number(port) },
    prefix: bullPrefix(queueName, 0, parts.rootPrefix),
  };
  const classes = withBackend(fairBackend());
  const queue = new classes.Queue(queueName, options);
  const worker = (processor?: (job: { id?: string; data: unknown }) => Promise<unknown>) =>
    new classes.Worker(queueName, processor, options);
  return { ...parts, queue, worker };
}

test("a job that was submitted runs on a plain worker", async () => {
  const { engine, job, queue, worker } = await setupBoth();
  const spec = job("aaaa", { payloadJson: '{"pages":3}' });
  const heard: Signal[] = [];
  const finished = Promise.withResolvers<void>();
  await using _subscription = await engine.subscribe(queueName, (signal) => {
    heard.push(signal);
    if (signal.kind === "finished") finished.resolve();
  });
  const plain = worker(async ({ data }) => ({ got: data }));
  await engine.submit([spec]);
  await finished.promise;
  await plain.close();
  await queue.close();
  const [record] = await engine.getJobs([spec.id]);
  expect(record).toMatchObject({
    state: "SUCCEEDED",
    attempt: 1,
    resultJson: '{"got":{"pages":3}}',
  });
  expect(heard).toContainEqual({ kind: "state", jobId: spec.id, state: "RUNNING" });
  expect(heard).toContainEqual({ kind: "finished", jobId: spec.id, state: "SUCCEEDED" });
});

test("under BullMQ's limit for a whole queue, each end signals that there is room", async () => {
  const { engine, job, queue } = await setupBoth();
  await queue.setGlobalConcurrency(1);
  await engine.submit([job("aaaa"), job("aaaa")]);
  const [first, ...more] = await lease(engine, 2);
  expect(more).toEqual([]);
  const room = Promise.withResolvers<void>();
  await using _subscription = await engine.subscribe(queueName, (signal) => {
    if (signal.kind === "work") room.resolve();
  });
  if (first === undefined) throw new Error("no job was leased");
  await engine.settle([{ ...first, kind: "complete", resultJson: "1" }]);
  await room.promise;
  expect(await lease(engine, 2)).toHaveLength(1);
  await queue.close();
});

test("the engine leases, retries and settles a job that plain BullMQ added", async () => {
  const { engine, job, queue, time } = await setupBoth();
  const { id } = job("aaaa");
  const heard: Signal[] = [];
  const worked = Promise.withResolvers<void>();
  await using _subscription = await engine.subscribe(queueName, (signal) => {
    heard.push(signal);
    if (signal.kind === "work") worked.resolve();
  });
  const added = await queue.add("summarize", { n: 1 }, { jobId: id, priority: 20, attempts: 3 });
  await worked.promise;
  expect(await added.getState()).toBe("prioritized");
  const first = await leaseOne(engine);
  expect(first.job).toMatchObject({ id, type: "summarize", payloadJson: '{"n":1}', priority: 20 });
  expect(await added.isActive()).toBe(true);
  await engine.settle([{ ...first, kind: "retry", delayMs: 1_000, failure }]);
  expect(await added.isDelayed()).toBe(true);
  time.nowMs += 1_000;
  const second = await leaseOne(engine);
  expect(second.attempt).toBe(2);
  await engine.settle([{ ...second, kind: "complete", resultJson: '"done"' }]);
  expect(await added.isCompleted()).toBe(true);
  expect((await queue.getJob(id))?.returnvalue).toBe("done");
  const [record] = await engine.getJobs([id], "noPayload");
  expect(await engine.getFinished([id])).toEqual([{ kind: "finished", job: record }]);
  expect(await queue.getJobCounts("prioritized", "active", "delayed", "completed")).toEqual({
    prioritized: 0,
    active: 0,
    delayed: 0,
    completed: 1,
  });
  await queue.close();
});

test("plain jobs of the queue are left to plain workers", async () => {
  const { engine, job, queue, worker } = await setupBoth();
  await queue.add("plain", {});
  await engine.submit([job("aaaa")]);
  expect((await lease(engine, 10)).map(({ job: { type } }) => type)).toEqual(["summarize"]);
  const plain = worker();
  expect((await plain.getNextJob("t", { block: false }))?.name).toBe("plain");
  await plain.close();
  await queue.close();
});

test("both see the same counts, states and lists", async () => {
  const { engine, job, queue } = await setupBoth();
  const specs = [job("aaaa"), job("aaaa"), job("bbbb", { priority: 5 }), job("cccc")];
  await engine.submit(specs);
  await queue.add("summarize", {}, { jobId: job("aaaa").id, priority: 50 });
  expect(await queue.getPrioritizedCount()).toBe(5);
  expect(await engine.stats(queueName)).toMatchObject({ queued: 5, running: 0 });
  expect((await queue.getPrioritized()).map(({ id }) => id)).toContain(specs[0]?.id);
  const own = await engine.listJobs({ keyId: "aaaa" as never, queue: queueName, pageSize: 10 });
  expect(own.jobs).toHaveLength(3);
  await lease(engine, 2);
  expect(await queue.removeOrphanedJobs()).toBe(0);
  expect(await queue.getJobCounts("active", "prioritized")).toEqual({ active: 2, prioritized: 3 });
  await queue.close();
});

test("a job that plain BullMQ removes is gone for the engine, with everything that belonged to it", async () => {
  const { engine, job, queue, url } = await setupBoth();
  const spec = job("aaaa", { idempotencyKey: "once", expiresAtMs: 1_764_000_100_000 });
  await engine.submit([spec]);
  const held = await leaseOne(engine);
  const chunks = [{ seq: 0, kind: "text" as const, body: "hello" }];
  await engine.append([{ ...held, chunks }]);
  await engine.settle([{ ...held, kind: "release" }]);
  await queue.remove(spec.id);
  expect(await stateOf(engine, spec.id)).toBeUndefined();
  const redis = new Redis(url);
  const left = await redis.keys(`${queue.qualifiedName}:*`);
  redis.disconnect();
  expect(left.filter((key) => /aaaa|mr:lane|mr:expiry|mr:leases|mr:depth/.test(key))).toEqual([]);
  expect(await engine.submit([job("aaaa", { idempotencyKey: "once" })])).toEqual([
    { kind: "accepted" },
  ]);
  await queue.close();
});

const failsForGood = {
  kind: "fail",
  state: "FAILED",
  failure: { ...failure, retryable: false },
} as const;

test("a dead letter is removed when plain BullMQ retries its job, and is kept when plain BullMQ removes the job", async () => {
  const { engine, job, queue } = await setupBoth();
  const specs = [job("aaaa"), job("aaaa", { priority: 3 }), job("bbbb")];
  await engine.submit(specs);
  for (const held of await lease(engine, 3)) await engine.settle([{ ...held, ...failsForGood }]);
  const dead = async () =>
    (await engine.deadLetters.list({ queue: queueName }, 10)).letters
      .map(({ job }) => job.id)
      .sort();
  const [first = "", second = "", third = ""] = specs.map(({ id }) => id);
  expect(await dead()).toEqual([first, second, third].sort());

  await (await queue.getJob(first))?.retry();
  expect(await dead()).toEqual([second, third].sort());
  expect(await stateOf(engine, specs[0]?.id as never)).toBe("QUEUED");
  await queue.remove(third);
  expect(await dead()).toEqual([second, third].sort());
  await queue.retryJobs({ state: "failed" });
  expect(await dead()).toEqual([third]);

  const again = await leaseOne(engine);
  await engine.settle([{ ...again, ...failsForGood }]);
  expect(await dead()).toEqual([again.jobId, third].sort());
  await queue.close();
});

test("the engine uses a priority that plain BullMQ changed", async () => {
  const { engine, job, queue } = await setupBoth();
  const [urgent, other] = [job("aaaa"), job("aaaa", { priority: 40 })];
  await engine.submit([other, urgent]);
  await (await queue.getJob(urgent.id))?.changePriority({ priority: 3 });
  const [record] = await engine.getJobs([urgent.id]);
  expect(record?.priority).toBe(3);
  expect(await leaseOne(engine)).toMatchObject({ jobId: urgent.id });
  await queue.close();
});

test("a plain worker cannot end a job that the engine has leased, nor the engine one of a worker", async () => {
  const { engine, job, queue, worker } = await setupBoth();
  await engine.submit([job("aaaa"), job("bbbb")]);
  const held = await leaseOne(engine);
  const plain = worker();
  const [active] = await queue.getActive();
  expect(active?.id).toBe(held.jobId);
  await expect(active?.moveToCompleted(null, "stolen", false)).rejects.toThrow("Lock mismatch");
  expect(await engine.settle([{ ...held, kind: "complete", resultJson: "1" }])).toEqual([
    { kind: "settled", state: "SUCCEEDED" },
  ]);
  const other = await plain.getNextJob("t", { block: false });
  const renewed = await engine.renew([{ jobId: other?.id as never, token: 1 }], 1_000);
  expect(renewed).toEqual([{ kind: "leaseLost" }]);
  await plain.close();
  await queue.close();
});

test("a pause of the queue stops the engine's leases too", async () => {
  const { engine, job, queue } = await setupBoth();
  await queue.pause();
  await engine.submit([job("aaaa")]);
  expect(await lease(engine, 1)).toEqual([]);
  await queue.resume();
  expect(await lease(engine, 1)).toHaveLength(1);
  await queue.close();
});
