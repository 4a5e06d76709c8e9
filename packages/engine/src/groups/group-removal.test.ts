import { type GroupId, type KeyId, newGroupId, systemRandom } from "@millrace/shared";
import { withBackend } from "bullmq";
import { expect, onTestFinished, test } from "vitest";
import { grouped } from "../../test/grouped.ts";
import { lease, leaseOne, queue, stateOf } from "../../test/setup.ts";
import { bullPrefix, fairBackend } from "../index.ts";

test("a child that BullMQ removes counts as removed, and the finalizer runs", async () => {
  const { engine, job, url, create, join, succeed, group, tend, rootPrefix } = await grouped();
  const finalizer = job("aaaa");
  const id = await create({ rule: 50, finalizer });
  const [gone, stays] = await join(id, 2);
  await engine.closeGroup(id);
  const { Queue: FairQueue } = withBackend(fairBackend());
  const bull = new FairQueue(queue, {
    connection: { url },
    prefix: bullPrefix(queue, 0, rootPrefix),
  });
  onTestFinished(() => bull.close());
  expect(await bull.remove(gone as string)).toBe(1);
  const leases = await lease(engine, 2);
  expect(leases.map(({ jobId }) => jobId)).toEqual([stays]);
  await succeed(leases);
  expect(await stateOf(engine, finalizer.id)).toBe("WAITING");
  await tend();
  expect(await group(id)).toMatchObject({ state: "SUCCEEDED", removed: 1, succeeded: 1 });
  await succeed(await lease(engine, 1));
});

test("a finalizer that BullMQ removes leaves its children to run, and the group to finish", async () => {
  const { engine, job, url, create, join, succeed, group, tend, rootPrefix } = await grouped();
  const finalizer = job("aaaa");
  const id = await create({ finalizer });
  await join(id, 1);
  await engine.closeGroup(id);
  const { Queue: FairQueue } = withBackend(fairBackend());
  const bull = new FairQueue(queue, {
    connection: { url },
    prefix: bullPrefix(queue, 0, rootPrefix),
  });
  onTestFinished(() => bull.close());
  expect(await bull.getWaitingChildrenCount()).toBe(1);
  expect(await bull.remove(finalizer.id)).toBe(1);
  await tend();
  await succeed(await lease(engine, 1));
  expect(await group(id)).toMatchObject({ state: "SUCCEEDED" });
});

test("a redriven child counts again, and so does its finalizer", async () => {
  const { engine, job, create, join, succeed, fail, group } = await grouped();
  const finalizer = job("aaaa");
  const id = await create({ finalizer, keepSiblings: true });
  await join(id, 2);
  await engine.closeGroup(id);
  const leases = await lease(engine, 2);
  await fail(leases.slice(0, 1));
  const { letters } = await engine.deadLetters.list({ queue }, 10);
  expect(await engine.deadLetters.redrive(letters)).toMatchObject({ redriven: 1 });
  expect(await group(id)).toMatchObject({ state: "RUNNING", failed: 0, inFlight: 2 });
  await succeed([...leases.slice(1), ...(await lease(engine, 1))]);
  expect(await group(id)).toMatchObject({ state: "SUCCEEDED", succeeded: 2 });
  expect((await leaseOne(engine)).jobId).toBe(finalizer.id);
  await succeed([]);
});

test("a group refuses children of other keys, and children beyond its end", async () => {
  const { engine, job, create } = await grouped();
  const id = await create();
  const outcomes = await engine.submit([
    job("bbbb", { group: { id } }),
    job("aaaa", { group: { id: newGroupId(queue, "aaaa" as KeyId, 1, systemRandom) } }),
  ]);
  expect(outcomes).toEqual([{ kind: "unknownGroup" }, { kind: "unknownGroup" }]);
  await engine.cancelGroup(id, "");
  expect(await engine.submit([job("aaaa", { group: { id } })])).toEqual([{ kind: "groupClosed" }]);
});

test("groups are removed after their retention, and nothing is left of them", async () => {
  const { engine, time, redis, create, join, succeed, group, tend, rootPrefix } = await grouped({
    ...{ retainSucceededMs: 1_000, retainFailedMs: 1_000 },
  });
  const id = await create();
  await join(id, 2);
  await engine.closeGroup(id);
  await succeed(await lease(engine, 2));
  time.nowMs += 1_001;
  await engine.prune(queue, 100);
  await tend();
  expect(await group(id)).toBeUndefined();
  const left = await redis.keys(`${rootPrefix}:{${queue}:0}*group*`);
  expect(left).toEqual([]);
  expect(await redis.hgetall(`${rootPrefix}:{${queue}:0}:${queue}:mr:stored`)).toEqual({});
});

test("the groups of a key are listed, newest first, in pages", async () => {
  const { engine, time, create } = await grouped();
  const ids: GroupId[] = [];
  for (let i = 0; i < 3; i += 1) {
    time.nowMs += 1;
    ids.unshift(await create());
  }
  const filter = { keyId: "aaaa" as KeyId, queue, pageSize: 2 };
  const first = await engine.listGroups(filter);
  expect(first.groups.map(({ id }) => id)).toEqual(ids.slice(0, 2));
  const rest = await engine.listGroups({ ...filter, pageToken: first.nextPageToken as string });
  expect(rest.groups.map(({ id }) => id)).toEqual(ids.slice(2));
  expect(await engine.listGroups({ ...filter, keyId: "bbbb" as KeyId })).toEqual({ groups: [] });
});
