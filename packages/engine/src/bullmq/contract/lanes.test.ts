/** Tests of FairBackend only: several lanes, and writers that do not know lanes. */
import { createRedisBackend, Job, type JobType, withBackend } from "bullmq";
import { expect, test } from "vitest";
import { framed } from "../fair-backend-scripts.ts";
import { fairPlain, keyedId } from "./backends.ts";
import { type Bench, happens, names, openBench, TOKEN, take, takeAll } from "./bench.ts";

const jobOf = (key: string, name: string, opts: object = {}) => ({
  name,
  data: {},
  opts: { jobId: keyedId(key), ...opts },
});
const numbered = (count: number, key: string, opts: object = {}) =>
  Array.from({ length: count }, (_, i) => jobOf(key, `${key}-${i}`, opts));

const keysOf = (bench: Bench, pattern: string) =>
  bench.redis.keys(`${bench.prefix}:contract:${pattern}`);

test("a key with a few jobs is not kept waiting by one with a thousand", async () => {
  await using bench = await openBench(fairPlain);
  const queue = bench.queue();
  await queue.addBulk(numbered(1_000, "busy"));
  const worker = bench.worker(undefined);
  for (let i = 0; i < 5; i += 1) await take(worker);
  await queue.addBulk(numbered(10, "calm"));
  const leased: string[] = [];
  for (let i = 0; i < 25; i += 1) leased.push((await take(worker)).name);
  expect(leased.filter((name) => name.startsWith("calm"))).toEqual(
    Array.from({ length: 10 }, (_, i) => `calm-${i}`),
  );
  // The keys take turns while both have jobs.
  const turns = leased.slice(1, 19).map((name) => name.slice(0, 4));
  expect(new Set(turns.filter((_, i) => i % 2 === 0))).toHaveProperty("size", 1);
  expect(new Set(turns.filter((_, i) => i % 2 === 1))).toHaveProperty("size", 1);
});

test("running workers serve the keys by turns, each job once, and leave no trace", async () => {
  await using bench = await openBench(fairPlain);
  const queue = bench.queue();
  const ran: string[] = [];
  const events = await bench.events();
  const completed = happens(events, "completed", 330);
  await queue.pause();
  for (const key of ["key1", "key2", "key3"]) await queue.addBulk(numbered(100, key));
  await queue.addBulk(Array.from({ length: 30 }, (_, i) => ({ name: `plain-${i}`, data: {} })));
  for (let i = 0; i < 3; i += 1) {
    bench.worker(async ({ name }) => ran.push(name), { concurrency: 4 });
  }
  await queue.resume();
  await completed;
  expect(new Set(ran).size).toBe(330);
  expect(ran).toHaveLength(330);
  for (const key of ["key1", "key2", "key3"]) {
    const among = ran.slice(0, 150).filter((name) => name.startsWith(key)).length;
    expect(among).toBeGreaterThan(30);
  }
  expect(await queue.getJobCounts("wait", "prioritized", "active", "completed")).toEqual({
    wait: 0,
    prioritized: 0,
    active: 0,
    completed: 330,
  });
  for (const pattern of [
    "mr:lane:*",
    "mr:ready:*",
    "mr:classes",
    "mr:depth",
    "wait",
    "prioritized",
  ]) {
    expect([pattern, await keysOf(bench, pattern)]).toEqual([pattern, []]);
  }
});

test("every job waits in its lane, and none under BullMQ's own keys", async () => {
  await using bench = await openBench(fairPlain);
  const queue = bench.queue();
  await queue.addBulk([
    ...numbered(2, "key1"),
    ...numbered(3, "key2", { priority: 5 }),
    ...numbered(1, "key2", { priority: 60 }),
    { name: "plain", data: {} },
    { name: "plain", data: {}, opts: { priority: 9 } },
  ]);
  const sizes = Object.fromEntries(
    await Promise.all(
      ["key1|1|", "key2|1|", "key2|3|", "-|0|"].map(async (lane) => [
        lane,
        await bench.redis.zcard(`${bench.prefix}:contract:mr:lane:${lane}`),
      ]),
    ),
  );
  expect(sizes).toEqual({ "key1|1|": 2, "key2|1|": 3, "key2|3|": 1, "-|0|": 2 });
  expect(await keysOf(bench, "wait")).toEqual([]);
  expect(await keysOf(bench, "prioritized")).toEqual([]);
  expect(await bench.redis.hgetall(`${bench.prefix}:contract:mr:depth`)).toEqual({
    "*": "8",
    "0": "3",
  });
});

test("jobs of several lanes are counted, found and listed once each, in pages too", async () => {
  await using bench = await openBench(fairPlain);
  const queue = bench.queue();
  for (const key of ["key1", "key2", "key3"]) {
    await queue.addBulk(numbered(7, key));
    await queue.addBulk(numbered(5, key, { priority: 3 }));
    await queue.addBulk(numbered(2, key, { priority: 70 }));
  }
  await queue.add("plain", {});
  expect(await queue.getJobCounts("wait", "prioritized")).toEqual({ wait: 22, prioritized: 21 });
  expect(await queue.getCountsPerPriority([0, 3, 4, 70])).toEqual({ 0: 22, 3: 15, 4: 0, 70: 6 });
  for (const [type, count] of [
    ["wait", 22],
    ["prioritized", 21],
  ] as [JobType, number][]) {
    const all = (await queue.getJobs([type], 0, -1, true)).map(({ id }) => id);
    expect(new Set(all).size).toBe(count);
    expect((await queue.getJobs([type], 0, -1, false)).map(({ id }) => id)).toEqual(
      all.toReversed(),
    );
    const paged: unknown[] = [];
    for (let start = 0; start < count; start += 4) {
      paged.push(...(await queue.getJobs([type], start, start + 3, true)).map(({ id }) => id));
    }
    expect(paged).toEqual(all);
  }
  for (const job of await queue.getJobs(["wait"])) expect(await job.getState()).toBe("waiting");
  for (const job of await queue.getPrioritized()) expect(await job.getState()).toBe("prioritized");
});

test("drain, clean and obliterate reach every lane", async () => {
  await using bench = await openBench(fairPlain);
  const queue = bench.queue();
  const fill = async () => {
    for (const key of ["key1", "key2", "key3"]) {
      await queue.addBulk(numbered(4, key));
      await queue.addBulk(numbered(3, key, { priority: 30 }));
    }
  };
  await fill();
  expect(await queue.clean(0, 5, "wait")).toHaveLength(5);
  expect(await queue.clean(0, 4, "prioritized")).toHaveLength(4);
  expect(await queue.getJobCounts("wait", "prioritized")).toEqual({ wait: 7, prioritized: 5 });
  await queue.drain();
  expect(await queue.getJobCounts("wait", "prioritized")).toEqual({ wait: 0, prioritized: 0 });
  expect(await keysOf(bench, "mr:lane:*")).toEqual([]);
  expect(await keysOf(bench, "contract~*")).toEqual([]);
  await fill();
  await take(bench.worker(undefined));
  await queue.obliterate({ force: true, count: 4 });
  expect(await bench.redis.keys(`${bench.prefix}:*`)).toEqual([]);
});

test("a job that leaves a lane and returns is in the same lane, and keeps its priority", async () => {
  await using bench = await openBench(fairPlain);
  const queue = bench.queue();
  const worker = bench.worker(undefined);
  await queue.addBulk([
    jobOf("key1", "retried", { priority: 5, attempts: 2 }),
    jobOf("key2", "stalled", { priority: 5 }),
  ]);
  const running = [await take(worker), await take(worker)];
  const by = (name: string) => running.find((job) => job.name === name);
  await queue.addBulk([
    jobOf("key1", "later", { priority: 5 }),
    jobOf("key2", "urgent", { priority: 1 }),
    jobOf("key2", "later still", { priority: 5 }),
  ]);
  await by("retried")?.moveToFailed(new Error("no"), TOKEN, false);
  const base = `${bench.prefix}:contract:`;
  await bench.redis.del(`${base}${by("stalled")?.id}:lock`);
  for (let i = 0; i < 2; i += 1) {
    await bench.redis.del(`${base}stalled-check`);
    await worker.getBackend().moveStalledJobsToWait();
  }
  expect(await by("retried")?.getState()).toBe("prioritized");
  expect(await by("stalled")?.getState()).toBe("prioritized");
  const rest = await takeAll(worker);
  const key1 = ["later", "retried"];
  expect(rest.filter((name) => key1.includes(name))).toEqual(key1);
  expect(rest.filter((name) => !key1.includes(name))).toEqual(["urgent", "stalled", "later still"]);
});

test("a job whose priority changes moves to the lane of its new band", async () => {
  await using bench = await openBench(fairPlain);
  const queue = bench.queue();
  const [job] = await queue.addBulk([jobOf("key1", "a", { priority: 5 })]);
  for (const [priority, lane] of [
    [40, "key1|2|"],
    [90, "key1|3|"],
    [0, "key1|1|"],
    [7, "key1|1|"],
  ] as const) {
    await job?.changePriority({ priority });
    expect(await keysOf(bench, "mr:lane:*")).toEqual([`${bench.prefix}:contract:mr:lane:${lane}`]);
    expect(await job?.getState()).toBe(priority === 0 ? "waiting" : "prioritized");
  }
  await job?.remove();
  expect(await keysOf(bench, "mr:depth")).toEqual([]);
});

test("a lane whose job was deleted by another program is skipped", async () => {
  await using bench = await openBench(fairPlain);
  const queue = bench.queue();
  const [ghost] = await queue.addBulk([jobOf("key1", "ghost"), jobOf("key1", "real")]);
  await bench.redis.del(`${bench.prefix}:contract:${ghost?.id}`);
  expect(await takeAll(bench.worker(undefined))).toEqual(["real"]);
});

/** Adds jobs that are not yet moved to lanes. */
async function addForeign(bench: Bench, jobs: readonly ReturnType<typeof jobOf>[]) {
  const { connection, prefix } = bench;
  const foreign = new (withBackend(createRedisBackend).Queue)("contract", { connection, prefix });
  await foreign.addBulk([...jobs]);
  await foreign.close();
}
const plain = (name: string, opts: object = {}) => ({ name, data: {}, opts: opts as never });

test("jobs that BullMQ's own backend adds are run, counted and listed", async () => {
  await using bench = await openBench(fairPlain);
  const added = Array.from({ length: 2_500 }, (_, i) => plain(`${i}`));
  await addForeign(bench, [...added, ...numbered(3, "key1", { priority: 4 })]);
  const queue = bench.queue();
  expect(await queue.getJobCounts("wait", "prioritized")).toEqual({ wait: 2_500, prioritized: 3 });
  const ran: string[] = [];
  const worker = bench.worker(async ({ name }) => ran.push(name), { concurrency: 20 });
  await happens(worker, "completed", 2_503);
  expect(ran.filter((name) => !name.startsWith("key1"))).toEqual(names(added));
});

test("jobs that are not yet moved to lanes are at the far end of every view", async () => {
  // One call moves a thousand jobs, so the answers here include jobs from both sides of that limit.
  for (const opts of [{}, { priority: 7 }]) {
    const type = "priority" in opts ? "prioritized" : "wait";
    const added = Array.from({ length: 1_010 }, (_, i) => plain(`${i}`, opts));
    const listed = async (start: number, end: number, asc: boolean) => {
      await using bench = await openBench(fairPlain);
      await addForeign(bench, added);
      return names(await bench.queue().getJobs([type], start, end, asc));
    };
    expect(await listed(998, 1_005, true)).toEqual(names(added).slice(998, 1_006));
    expect(await listed(0, 12, false)).toEqual(names(added).toReversed().slice(0, 13));
    await using bench = await openBench(fairPlain);
    await addForeign(bench, added);
    const last = await bench.queue().getJob("1010");
    expect(await last?.getState()).toBe(type === "wait" ? "waiting" : type);
    await addForeign(bench, added);
    await bench.queue().remove("2020");
    expect(await bench.queue().getJob("2020")).toBeUndefined();
    expect((await bench.queue().getJobCounts(type))[type]).toBe(2_019);
    await bench.queue().drain();
    expect((await bench.queue().getJobCounts(type))[type]).toBe(0);
  }
});

test("a script that works on two queues keeps them apart", async () => {
  await using bench = await openBench(fairPlain);
  const other = bench.queue({}, "other");
  await other.addBulk(numbered(9, "key1"));
  const parents = bench.worker(undefined, {}, "other");
  for (let i = 0; i < 9; i += 1) await take(parents);
  await bench.flows().add({
    ...jobOf("key1", "parent"),
    queueName: "other",
    children: [{ ...jobOf("key1", "child"), queueName: "contract" }],
  });
  await bench.queue().addBulk(numbered(1, "key1"));
  const child = await take(bench.worker(undefined));
  // The parent waits in its queue, and the next job of this queue is leased.
  await child.moveToCompleted(null, TOKEN, true);
  const virtual = (queue: string) => bench.redis.hget(`${bench.prefix}:${queue}:mr:bands`, "v1");
  expect(await Promise.all([virtual("other"), virtual("contract")])).toEqual(["8", "1"]);
  const depth = (queue: string) => bench.redis.hgetall(`${bench.prefix}:${queue}:mr:depth`);
  expect(await depth("other")).toEqual({ "*": "1", "0": "1" });
  expect(await depth("contract")).toEqual({});
});

test("a job that a queue of BullMQ's own backend adds wakes an idle worker", async () => {
  await using bench = await openBench(fairPlain);
  const { connection, prefix } = bench;
  const worker = bench.worker(async ({ name }) => name);
  await happens(worker, "drained");
  const completed = happens(worker, "completed");
  const foreign = new (withBackend(createRedisBackend).Queue)("contract", { connection, prefix });
  await foreign.add("a", {});
  expect((await completed)[0]?.[1]).toBe("a");
  await foreign.close();
});

test("both backends can use one client", async () => {
  await using bench = await openBench(fairPlain);
  const options = { connection: bench.redis, prefix: bench.prefix };
  const foreign = new (withBackend(createRedisBackend).Queue)("contract", options);
  const queue = new bench.classes.Queue("contract", options);
  await foreign.add("a", {});
  await queue.add("b", {});
  expect(await foreign.getWaitingCount()).toBe(0);
  expect(await queue.getWaitingCount()).toBe(2);
  expect(await takeAll(bench.worker(undefined))).toEqual(["a", "b"]);
  await Promise.all([foreign.close(), queue.close()]);
});

test("the counters are right after a script that fails half-way", async () => {
  await using bench = await openBench(fairPlain);
  const queue = bench.queue();
  await queue.addBulk(numbered(2, "key1"));
  const running = await take(bench.worker(undefined));
  // A queue has no lock duration, so leasing the next job fails after the lane has given it.
  const job = await Job.fromId(queue, running.id ?? "");
  await expect(job?.moveToCompleted(null, TOKEN, true)).rejects.toThrow("arguments must be");
  expect(await queue.getJobCounts("wait", "active", "completed")).toEqual({
    wait: 0,
    active: 1,
    completed: 1,
  });
  expect(await keysOf(bench, "mr:depth")).toEqual([]);
});

test("a command on wait or prioritized that the lanes do not answer is an error", async () => {
  await using bench = await openBench(fairPlain);
  const key = `${bench.prefix}:contract:wait`;
  const script = framed("newScript", 'return redis.call("LINSERT", KEYS[1], "BEFORE", "a", "b")');
  await expect(bench.redis.eval(script, 1, key)).rejects.toThrow("LINSERT on wait");
  const other = `${bench.prefix}:contract:other`;
  await expect(bench.redis.eval(script, 1, other)).resolves.toBe(0);
});
