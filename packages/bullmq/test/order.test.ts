import { FlowProducer } from "bullmq";
import { expect, test } from "vitest";
import { fairBackend } from "../src/index.ts";
import { counts, namesOf, setup, TOKEN, take } from "./setup.ts";

test("groups take turns, and inside a group jobs run in order", async () => {
  const { add, worker } = await setup();
  await add("a", 4);
  await add("b", 2);
  await add("", 2, {}, "-");
  expect(namesOf(await take(worker()))).toEqual(["-0", "a0", "b0", "-1", "a1", "b1", "a2", "a3"]);
});

test("groups share the workers by weight", async () => {
  const { add, groups, worker } = await setup();
  await groups.set("a", { weight: 3 });
  await groups.set("b", { weight: 0.5 });
  await add("a", 100);
  await add("b", 100);
  await add("c", 100);
  expect(counts(namesOf(await take(worker(), 90)))).toEqual({ a: 60, b: 10, c: 20 });
});

test("a job that costs more counts more in the order of the groups", async () => {
  const { add, worker } = await setup();
  await add("a", 20, { group: { id: "a", cost: 4 } });
  await add("b", 20);
  expect(counts(namesOf(await take(worker(), 15)))).toEqual({ a: 3, b: 12 });
});

test("a group gains nothing by adding its jobs one by one", async () => {
  const { add, queue, worker } = await setup();
  await add("a", 50);
  await add("b", 50);
  const taker = worker();
  const taken: string[] = [];
  for (let round = 0; round < 30; round += 1) {
    if (!taken.slice(-1).some((name) => name !== "c")) await queue.add("c", {}, { group: "c" });
    taken.push(...namesOf(await take(taker, 1)));
  }
  expect(counts(taken)).toEqual({ a: 10, b: 10, c: 10 });
});

test("a group that is held returns at its place, with neither credit nor debt", async () => {
  const { add, groups, worker } = await setup();
  await groups.set("a", { paused: true });
  await add("a", 50);
  await add("b", 50);
  const taker = worker();
  expect(counts(namesOf(await take(taker, 20)))).toEqual({ b: 20 });
  await groups.set("a", {});
  expect(counts(namesOf(await take(taker, 20)))).toEqual({ a: 10, b: 10 });
});

test("priorities decide inside a group, and no priority stops another", async () => {
  const { add, worker } = await setup();
  await add("a", 60, { priority: 8 }, "l");
  await add("a", 60, { priority: 3 }, "m");
  await add("a", 60, { priority: 1 }, "h");
  await add("a", 60, {}, "u");
  const taken = namesOf(await take(worker(), 60));
  // The classes 0, 1, 2-3 and 8-15 have shares of 1, 1/2, 1/4 and 1/16. The class 4-7 has no jobs.
  expect(counts(taken)).toEqual({ u: 34, h: 16, m: 8, l: 2 });
  expect(taken.slice(0, 2)).toEqual(["u0", "u1"]);
  expect(taken.filter((name) => name.startsWith("h")).slice(0, 3)).toEqual(["h0", "h1", "h2"]);
});

test("the priorities of one group do not matter to the others", async () => {
  const { add, worker } = await setup();
  await add("a", 20, { priority: 1 });
  await add("b", 20, { priority: 2_000_000 });
  await add("c", 20);
  expect(counts(namesOf(await take(worker(), 30)))).toEqual({ a: 10, b: 10, c: 10 });
});

test("jobs without a group have BullMQ's strict order", async () => {
  const { add, queue, worker } = await setup();
  await add("", 2, { priority: 2 }, "l");
  await add("", 2, { priority: 1 }, "h");
  await add("", 2, {}, "u");
  await queue.add("first", {}, { lifo: true });
  expect(namesOf(await take(worker()))).toEqual(["first", "u0", "u1", "h0", "h1", "l0", "l1"]);
});

test.each([
  "Acme",
  "tenant-a",
  "6f1c9f0e-8d9b-4a5b-9a55-0f1d2c3b4a5d",
  'a "b" : {c} ü \u0000 %s',
  "*",
  "=",
])("%j is a group", async (group) => {
  const { add, groups, queue, worker } = await setup();
  await add(group, 2, {}, "x");
  await add("other", 2);
  await queue.add("prior", {}, { group, priority: 5 });
  await groups.set(group, { concurrency: 1 });
  expect(await groups.get(group)).toMatchObject({ waiting: 3, own: { concurrency: 1 } });
  expect((await groups.list()).sort()).toEqual([group, "other"].sort());
  const [first, ...others] = await take(worker());
  expect(namesOf([first as never, ...others]).sort()).toEqual(["other0", "other1", "x0"]);
  expect(await groups.get(group)).toMatchObject({ waiting: 2, running: 1, held: true });
});

test("delays, retries, schedulers, deduplication and flows keep the group", async () => {
  const { groups, opened, options, queue, worker } = await setup();
  await groups.setDefaults({ concurrency: 1 });
  const flows = opened(new FlowProducer(options, fairBackend()));
  await flows.add({
    ...{ name: "parent", queueName: "q", opts: { group: "flow" } },
    children: [{ name: "child", queueName: "q", opts: { group: "child" } }],
  });
  await queue.add("delayed", {}, { group: "delay", delay: 1 });
  await queue.add("once", {}, { group: "once", deduplication: { id: "x" } });
  await queue.upsertJobScheduler(
    "every",
    { every: 3_600_000 },
    { name: "tick", opts: { group: "tick" } },
  );
  await queue.add("again", {}, { group: "again", attempts: 2 });
  const taker = worker();
  const ran = new Set<string>();
  for (;;) {
    const jobs = await take(taker);
    if (jobs.length === 0 && (await queue.getDelayedCount()) <= 1 && ran.has("parent")) break;
    for (const job of jobs) {
      const { running } = await groups.get(groupOfJob[job.name] ?? "");
      expect(running, job.name).toBe(1);
      if (job.name === "again" && !ran.has("again")) {
        await expect(job.moveToFailed(new Error("once more"), TOKEN)).resolves.not.toThrow();
      } else await job.moveToCompleted(1, TOKEN, false);
      ran.add(job.name);
    }
  }
  expect([...ran].sort()).toEqual(Object.keys(groupOfJob).sort());
  for (const group of Object.values(groupOfJob)) {
    expect(await groups.get(group)).toMatchObject({ waiting: 0, running: 0 });
  }
});

const groupOfJob: Record<string, string> = {
  ...{ parent: "flow", child: "child", delayed: "delay", once: "once", tick: "tick" },
  again: "again",
};

test("lists and counts have all jobs, in BullMQ's order", async () => {
  const { add, queue } = await setup();
  await add("b", 2);
  await add("a", 2);
  await add("a", 2, { priority: 2 }, "p");
  await add("b", 2, { priority: 1 }, "q");
  expect(namesOf(await queue.getWaiting())).toEqual(["b0", "b1", "a0", "a1"]);
  expect(namesOf(await queue.getWaiting(1, 2))).toEqual(["b1", "a0"]);
  expect(namesOf(await queue.getPrioritized())).toEqual(["q0", "q1", "p0", "p1"]);
  expect(namesOf(await queue.getPrioritized(1, 2))).toEqual(["q1", "p0"]);
  expect(await queue.getJobCounts("waiting", "prioritized")).toEqual({
    waiting: 4,
    prioritized: 4,
  });
  expect(await queue.getCountsPerPriority([0, 1, 2])).toEqual({ 0: 4, 1: 2, 2: 2 });
  const [job] = await queue.getWaiting(1, 1);
  expect(await job?.getState()).toBe("waiting");
  await job?.remove();
  expect(namesOf(await queue.getWaiting())).toEqual(["b0", "a0", "a1"]);
});

test.each([
  ["", /group is ""/],
  [{ id: "a", cost: 0 }, /cost is 0/],
  [{ id: "a", cost: 1.5 }, /cost is 1.5/],
  [{ id: 7 as never }, /group is 7/],
])("a job whose group is %j is refused", async (group, message) => {
  const { opened, options, queue } = await setup();
  await expect(queue.add("x", {}, { group })).rejects.toThrow(message);
  await expect(queue.addBulk([{ name: "x", data: {}, opts: { group } }])).rejects.toThrow(message);
  await expect(queue.add("x", {}, { group, delay: 9 })).rejects.toThrow(message);
  await expect(
    queue.upsertJobScheduler("s", { every: 1_000 }, { opts: { group } }),
  ).rejects.toThrow(message);
  const flows = opened(new FlowProducer(options, fairBackend()));
  await expect(flows.add({ name: "x", queueName: "q", opts: { group } })).rejects.toThrow(message);
  expect(await queue.count()).toBe(0);
});
