/** Programs with plain BullMQ on a queue with groups, and the ways from one to the other. */
import { Worker } from "bullmq";
import { expect, test } from "vitest";
import { groupsOf } from "../src/index.ts";
import { namesOf, setup, take } from "./setup.ts";

test("a plain queue fails at once, even while no job waits, and deletes no waiting job", async () => {
  const { add, plainQueue, queue } = await setup();
  await queue.waitUntilReady();
  const plain = plainQueue();
  const refused = () =>
    Promise.all(
      [
        plain.add("x", {}),
        plain.add("x", {}, { priority: 1 }),
        plain.addBulk([{ name: "x", data: {} }]),
        plain.getJobCounts(),
        plain.getWaiting(),
        plain.drain(),
      ].map((call) => expect(call).rejects.toThrow(/WRONGTYPE/)),
    );
  await refused();
  await add("a", 3);
  await add("b", 3, { priority: 1 });
  await refused();
  await plain.removeOrphanedJobs();
  expect(await queue.getJobCounts("waiting", "prioritized")).toEqual({
    waiting: 3,
    prioritized: 3,
  });
  expect((await queue.getWaiting()).map(({ data }) => data)).toEqual([{}, {}, {}]);
});

test("a plain worker runs no job, and tells of it", async () => {
  const { add, opened, options } = await setup();
  await add("a", 3);
  const failed = Promise.withResolvers<Error>();
  const worker = opened(
    new Worker("q", async () => failed.reject(new Error("it has run a job")), options),
  );
  worker.on("error", failed.resolve);
  expect((await failed.promise).message).toMatch(/WRONGTYPE/);
});

test("waiting jobs of plain BullMQ come into groups in their order, before newer jobs", async () => {
  const { base, openQueue, plainQueue, redis, worker } = await setup();
  const plain = plainQueue("old");
  const old = base.replace(":q:", ":old:");
  await plain.add("p1", {}, { priority: 5 });
  await plain.add("old0", {});
  await plain.add("old1", {}, { group: "a" });
  // BullMQ 5 keeps the jobs of a paused queue in another list.
  await redis.rename(`${old}wait`, `${old}paused`);
  await plain.add("new0", {});
  await plain.add("new1", {});
  await plain.add("p0", {}, { priority: 4 });
  const queue = openQueue("old");
  await queue.add("newest", {});
  expect(namesOf(await queue.getWaiting())).toEqual(["old0", "old1", "new0", "new1", "newest"]);
  expect(namesOf(await queue.getPrioritized())).toEqual(["p0", "p1"]);
  expect(await queue.getJobCounts("waiting", "prioritized")).toEqual({
    waiting: 5,
    prioritized: 2,
  });
  expect(namesOf(await take(worker(undefined, {}, "old")))).toEqual([
    ...["old0", "old1", "new0", "new1", "newest", "p0", "p1"],
  ]);
});

test("resuming a queue brings jobs that a program of BullMQ 5 has put into `paused` into groups", async () => {
  const { base, queue, redis, worker } = await setup();
  await queue.pause();
  for (const name of ["old0", "old1"]) {
    await redis.hset(`${base}${name}`, { name, data: "{}", opts: "{}", timestamp: 1 });
    await redis.lpush(`${base}paused`, name);
  }
  await queue.add("new", {});
  await queue.resume();
  expect(namesOf(await take(worker()))).toEqual(["old0", "old1", "new"]);
});

test("many jobs come into groups, and go back", async () => {
  const { openQueue, plainQueue } = await setup();
  const plain = plainQueue("old");
  const jobs = Array.from({ length: 2_500 }, (_, at) => ({
    ...{ name: `${at}`, data: {} },
    opts: at < 1_500 ? {} : { priority: 7 },
  }));
  await plain.addBulk(jobs);
  const queue = openQueue("old");
  expect(await queue.getJobCounts("waiting", "prioritized")).toEqual({
    ...{ waiting: 1_500, prioritized: 1_000 },
  });
  expect(namesOf(await queue.getWaiting(0, 4))).toEqual(["0", "1", "2", "3", "4"]);
  await groupsOf(queue).release();
  expect(await plain.getJobCounts("waiting", "prioritized")).toEqual({
    ...{ waiting: 1_500, prioritized: 1_000 },
  });
  expect(namesOf(await plain.getWaiting(0, 4))).toEqual(["0", "1", "2", "3", "4"]);
  expect(namesOf(await plain.getPrioritized(0, 1))).toEqual(["1500", "1501"]);
});

test("a queue that is given back has its jobs in fair order, without limits, and nothing else", async () => {
  const { add, base, groups, plainQueue, redis } = await setup();
  await groups.set("b", { paused: true });
  await add("a", 3);
  await add("b", 2);
  await add("b", 1, { priority: 3 }, "p");
  await groups.release();
  expect(await redis.keys(`${base}fair:*`)).toEqual([]);
  const plain = plainQueue();
  expect(namesOf(await plain.getWaiting())).toEqual(["a0", "b0", "a1", "b1", "a2"]);
  expect(namesOf(await plain.getPrioritized())).toEqual(["p0"]);
  await plain.add("more", {});
  expect(await plain.getWaitingCount()).toBe(6);
});

test("a program that still has the backend fails at once after the queue was given back", async () => {
  const { add, groups, openQueue, plainQueue } = await setup();
  const other = openQueue();
  await other.waitUntilReady();
  await add("a", 1);
  await groups.release();
  await plainQueue().add("x", {});
  await expect(other.add("y", {}, { group: "a" })).rejects.toThrow(/WRONGTYPE/);
  await expect(other.getJobCounts()).rejects.toThrow(/WRONGTYPE/);
});

test("queues of Millrace's own services are refused", async () => {
  const { base, openQueue, redis } = await setup();
  await redis.set(`${base.replace(":q:", ":own:")}mr:seq`, 1);
  await expect(openQueue("own").add("x", {})).rejects.toThrow(/belongs to Millrace's services/);
});
