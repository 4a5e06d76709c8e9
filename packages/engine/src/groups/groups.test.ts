import { type GroupId, type JobId, type KeyId, newGroupId, systemRandom } from "@millrace/shared";
import { withBackend } from "bullmq";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { audit } from "../../test/audit.ts";
import { lease, leaseOne, queue, setup, stateOf } from "../../test/setup.ts";
import {
  bullPrefix,
  fairBackend,
  type GroupSpec,
  type JobSpec,
  type Lease,
  type QueueChange,
} from "../index.ts";
import { shardAt } from "../redis/keys.ts";
import { createGroup } from "./create_group.ts";

const failure = {
  reason: "PROVIDER_ERROR",
  message: "the provider answered 500",
  retryable: false,
};
const DAY_MS = 24 * 3_600_000;

async function grouped(change: Partial<QueueChange> = {}) {
  const parts = await setup(change);
  const { engine, time, job, url, rootPrefix } = parts;
  const redis = new Redis(url);
  onTestFinished(async () => {
    await audit(redis, rootPrefix);
    redis.disconnect();
  });
  const create = async (spec: Partial<GroupSpec> = {}, key = "aaaa") => {
    const id = newGroupId(queue, key as KeyId, time.nowMs, systemRandom);
    const made = await engine.createGroup({
      ...{ id, rule: "all", maxInFlight: 0, keepSiblings: false },
      ...{ createdAtMs: time.nowMs, deadlineMs: time.nowMs + DAY_MS },
      ...spec,
    });
    expect(made).toMatchObject({ kind: "created" });
    return id;
  };
  const join = async (id: GroupId, count: number, spec: Partial<JobSpec> = {}) => {
    const jobs = Array.from({ length: count }, () => job("aaaa", { group: { id }, ...spec }));
    const outcomes = await engine.submit(jobs);
    expect(outcomes.map(({ kind }) => kind)).toEqual(jobs.map(() => "accepted"));
    return jobs.map((one) => one.id);
  };
  const succeed = (leases: readonly Lease[]) =>
    engine.settle(
      leases.map((one) => ({
        ...one,
        kind: "complete" as const,
        resultJson: `"${one.jobId.slice(-3)}"`,
      })),
    );
  const fail = (leases: readonly Lease[]) =>
    engine.settle(
      leases.map((one) => ({ ...one, kind: "fail" as const, state: "FAILED" as const, failure })),
    );
  const group = async (id: GroupId) => (await engine.getGroups([id]))[0];
  const tend = async () => {
    while ((await engine.tendGroups(queue, 10)).more);
  };
  return { ...parts, redis, create, join, succeed, fail, group, tend };
}

test("a finalizer waits, and runs in the call that ends the last child", async () => {
  const { engine, job, create, join, succeed, group } = await grouped();
  const finalizer = job("aaaa", { type: "join" });
  const id = await create({ finalizer });
  const children = await join(id, 3);
  expect(await stateOf(engine, finalizer.id)).toBe("WAITING");
  await engine.closeGroup(id);
  const leases = await lease(engine, 10);
  expect(leases.map(({ jobId }) => jobId)).toEqual(children);
  await succeed(leases.slice(0, 2));
  expect(await stateOf(engine, finalizer.id)).toBe("WAITING");
  expect(await lease(engine, 1)).toEqual([]);
  await succeed(leases.slice(2));
  expect(await group(id)).toMatchObject({
    state: "SUCCEEDED",
    total: 3,
    succeeded: 3,
    inFlight: 0,
  });
  const last = await leaseOne(engine);
  expect(last).toMatchObject({ jobId: finalizer.id, attempt: 1, job: { finalizes: id } });
  const read = await engine.readChildren(last, 0, 0, 10);
  expect(read).toMatchObject({
    kind: "read",
    more: false,
    children: children.map((jobId, at) => ({
      ...{ index: at + 1, jobId, state: "SUCCEEDED", resultJson: `"${jobId.slice(-3)}"` },
    })),
  });
  await succeed([last]);
});

test("an open group waits, although all children have ended", async () => {
  const { engine, job, create, join, succeed, group } = await grouped();
  const finalizer = job("aaaa");
  const id = await create({ finalizer });
  await join(id, 1);
  await succeed(await lease(engine, 1));
  expect(await group(id)).toMatchObject({ state: "OPEN", succeeded: 1 });
  expect(await stateOf(engine, finalizer.id)).toBe("WAITING");
  await engine.closeGroup(id);
  expect(await stateOf(engine, finalizer.id)).toBe("QUEUED");
  expect((await engine.submit([job("aaaa", { group: { id } })]))[0]).toEqual({
    kind: "groupClosed",
  });
  await succeed(await lease(engine, 1));
});

test("a group without children finishes when it is closed", async () => {
  const { engine, create, group } = await grouped();
  const [all, any] = [await create(), await create({ rule: "any" })];
  await engine.closeGroup(all);
  await engine.closeGroup(any);
  expect(await group(all)).toMatchObject({ state: "SUCCEEDED" });
  expect(await group(any)).toMatchObject({ state: "FAILED" });
  expect(await engine.closeGroup(all)).toMatchObject({ kind: "alreadyFinal" });
});

test("if a child fails, its siblings are cancelled and the finalizer fails", async () => {
  const { engine, job, create, join, fail, group, tend } = await grouped();
  const finalizer = job("aaaa");
  const id = await create({ finalizer });
  const children = await join(id, 4);
  await engine.closeGroup(id);
  const [first, second] = await lease(engine, 2);
  if (!first || !second) throw new Error("two jobs must be next");
  await fail([first]);
  await tend();
  expect(await Promise.all(children.map((child) => stateOf(engine, child)))).toEqual([
    ...["FAILED", "RUNNING", "CANCELLED", "CANCELLED"],
  ]);
  expect(await stateOf(engine, finalizer.id)).toBe("WAITING");
  // The running child is told to stop.
  expect(await engine.renew([second], 1_000)).toMatchObject([{ cancelRequested: true }]);
  await engine.settle([{ ...second, kind: "release" }]);
  expect(await group(id)).toMatchObject({ state: "FAILED", failed: 1, cancelled: 3 });
  const [ended] = await engine.getJobs([finalizer.id]);
  expect(ended).toMatchObject({ state: "FAILED", failure: { reason: "CHILDREN_FAILED" } });
});

test("with keep_siblings, the children of a group that cannot succeed go on", async () => {
  const { engine, create, join, succeed, fail, group, tend } = await grouped();
  const id = await create({ keepSiblings: true });
  await join(id, 3);
  await engine.closeGroup(id);
  const leases = await lease(engine, 3);
  await fail(leases.slice(0, 1));
  await tend();
  await succeed(leases.slice(1));
  expect(await group(id)).toMatchObject({ state: "FAILED", failed: 1, succeeded: 2, cancelled: 0 });
});

test("the rule any is met by the first child, and the others are cancelled", async () => {
  const { engine, job, create, join, succeed, group, tend } = await grouped();
  const finalizer = job("aaaa");
  const id = await create({ rule: "any", finalizer });
  await join(id, 3);
  const [first] = await lease(engine, 1);
  if (!first) throw new Error("a job must be next");
  await succeed([first]);
  expect(await stateOf(engine, finalizer.id)).toBe("QUEUED");
  await tend();
  expect(await group(id)).toMatchObject({ state: "SUCCEEDED", succeeded: 1, cancelled: 2 });
  await succeed(await lease(engine, 1));
});

test.each([
  [50, 4, 2, "SUCCEEDED"],
  [50, 4, 1, "FAILED"],
  [34, 3, 1, "FAILED"],
  [33, 3, 1, "SUCCEEDED"],
  [100, 3, 3, "SUCCEEDED"],
  [1, 200, 2, "SUCCEEDED"],
  [1, 200, 1, "FAILED"],
])(
  "with at least %d percent of %d children, %d make a group %s",
  async (rule, total, good, state) => {
    const { engine, create, join, succeed, fail, group, tend } = await grouped();
    const id = await create({ rule });
    await join(id, total);
    await engine.closeGroup(id);
    const leases = await lease(engine, total);
    await succeed(leases.slice(0, good));
    await fail(leases.slice(good));
    await tend();
    expect(await group(id)).toMatchObject({ state, succeeded: good });
  },
);

test("max_in_flight holds children back, and starts one for each that ends", async () => {
  const { engine, create, join, succeed, group } = await grouped();
  const id = await create({ maxInFlight: 2 });
  const children = await join(id, 5);
  await engine.closeGroup(id);
  const [first, second, ...none] = await lease(engine, 10);
  expect([first?.jobId, second?.jobId, none]).toEqual([children[0], children[1], []]);
  expect(await stateOf(engine, children[2] as never)).toBe("SCHEDULED");
  expect((await engine.getJobs([children[2] as never]))[0]).not.toHaveProperty("nextRunAtMs");
  expect(await group(id)).toMatchObject({ inFlight: 2 });
  await succeed([first as Lease]);
  const [third, ...more] = await lease(engine, 10);
  expect([third?.jobId, more]).toEqual([children[2], []]);
  // A held child that is cancelled takes no room.
  await engine.cancel(children[3] as never, "");
  await succeed([second as Lease, third as Lease]);
  expect(await group(id)).toMatchObject({ state: "RUNNING", cancelled: 1, inFlight: 0 });
});

test("a child that is retried counts once", async () => {
  const { engine, time, create, join, succeed, group } = await grouped();
  const id = await create();
  await join(id, 1);
  await engine.closeGroup(id);
  const held = await leaseOne(engine);
  await engine.settle([{ ...held, kind: "retry", delayMs: 1_000, failure }]);
  expect(await group(id)).toMatchObject({ state: "RUNNING", inFlight: 1 });
  time.nowMs += 1_000;
  await succeed([await leaseOne(engine)]);
  expect(await group(id)).toMatchObject({ state: "SUCCEEDED", succeeded: 1 });
});

test("cancelling a group cancels its children and its finalizer", async () => {
  const { engine, job, create, join, group, tend } = await grouped();
  const finalizer = job("aaaa");
  const id = await create({ finalizer, maxInFlight: 1 });
  const children = await join(id, 250);
  await engine.cancelGroup(id, "not needed");
  await tend();
  expect(await group(id)).toMatchObject({ state: "CANCELLED", cancelled: 250 });
  expect(await stateOf(engine, children[249] as never)).toBe("CANCELLED");
  expect((await engine.getJobs([finalizer.id]))[0]).toMatchObject({
    ...{ state: "CANCELLED", failure: { message: "not needed" } },
  });
});

test("cancelling a finalizer cancels the children that it waits for", async () => {
  const { engine, job, create, join, group, tend } = await grouped();
  const finalizer = job("aaaa");
  const id = await create({ finalizer });
  await join(id, 2);
  expect(await engine.cancel(finalizer.id, "")).toMatchObject({ kind: "cancelled" });
  await tend();
  expect(await group(id)).toMatchObject({ state: "CANCELLED", cancelled: 2 });
});

test("a group past its deadline expires, with its children and its finalizer", async () => {
  const { engine, time, job, create, join, group, tend } = await grouped();
  const finalizer = job("aaaa");
  const id = await create({ finalizer, deadlineMs: time.nowMs + 1_000 });
  const [child] = await join(id, 1);
  time.nowMs += 1_000;
  await tend();
  expect(await group(id)).toMatchObject({ state: "EXPIRED", expired: 1 });
  expect(await stateOf(engine, child as never)).toBe("EXPIRED");
  expect(await stateOf(engine, finalizer.id)).toBe("EXPIRED");
});

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

test("reports the waiting children of a cancelled group, its finalizer and the group, once", async () => {
  const { job, create, join, group, tend, others, engine } = await grouped();
  const finalizer = job("aaaa", { type: "join" });
  const id = await create({ finalizer });
  const children = await join(id, 2);
  await engine.cancelGroup(id, "stop");
  expect(others).toEqual([]);
  await tend();
  await tend();
  expect(await group(id)).toMatchObject({ state: "CANCELLED" });
  expect(others).toEqual([
    ...children.map((jobId) => ({ jobId, state: "CANCELLED", type: "summarize" })),
    { jobId: finalizer.id, state: "CANCELLED", type: "join" },
    { id, state: "CANCELLED" },
  ]);
});

test("reports a finalizer that ends in the call that ends the last child", async () => {
  const { job, create, join, fail, succeed, others, engine } = await grouped();
  const finalizer = job("aaaa", { type: "join" });
  const id = await create({ finalizer });
  await join(id, 1);
  await engine.closeGroup(id);
  await fail(await lease(engine, 1));
  const succeeds = await create();
  await join(succeeds, 1);
  await succeed(await lease(engine, 1));
  await engine.closeGroup(succeeds);
  expect(others).toEqual([
    { jobId: finalizer.id, state: "FAILED", type: "join" },
    { id, state: "FAILED" },
    { id: succeeds, state: "SUCCEEDED" },
  ]);
});

test.each<[string, (one: Awaited<ReturnType<typeof grouped>>, child: JobId) => Promise<unknown>]>([
  ["cancelled", ({ engine }, child) => engine.cancel(child, "")],
  [
    "reaped",
    ({ engine, time }) => {
      time.nowMs += 2_000;
      return engine.reap(queue, 10);
    },
  ],
  [
    "found to be late when it is its turn",
    ({ engine, time }) => {
      time.nowMs += 2_000;
      return lease(engine, 1);
    },
  ],
])("reports a finalizer whose last child is %s", async (_, end) => {
  const parts = await grouped();
  const { engine, time, job, create, join, others } = parts;
  const finalizer = job("aaaa", { type: "join" });
  const id = await create({ finalizer });
  const [child] = await join(id, 1, { deadlineMs: time.nowMs + 1_000 });
  await engine.closeGroup(id);
  await end(parts, child as JobId);
  expect(others).toEqual([
    { jobId: finalizer.id, state: "FAILED", type: "join" },
    { id, state: "FAILED" },
  ]);
});

async function withoutFinalizer() {
  const parts = await grouped({ maxPriority: 50 });
  const { engine, time, job, redis, rootPrefix } = parts;
  const id = newGroupId(queue, "aaaa" as KeyId, time.nowMs, systemRandom);
  const spec = {
    ...{ id, rule: "all" as const, maxInFlight: 0, keepSiblings: false },
    ...{ createdAtMs: time.nowMs, deadlineMs: time.nowMs + DAY_MS },
  };
  const left = async () => {
    const stored = await redis.hgetall(`${rootPrefix}:{${queue}:0}:${queue}:mr:stored`);
    return { keys: await redis.keys(`${rootPrefix}:{${queue}:0}*group*`), stored };
  };
  const nothing = { keys: [], stored: {} };
  return { ...parts, engine, job, spec, left, nothing };
}

test("a group whose finalizer is refused does not exist", async () => {
  const { engine, job, spec, left, nothing } = await withoutFinalizer();
  const refused = await engine.createGroup({ ...spec, finalizer: job("aaaa", { priority: 1 }) });
  expect(refused).toMatchObject({ kind: "refused" });
  expect(await engine.getGroups([spec.id])).toEqual([undefined]);
  expect(await left()).toEqual(nothing);
});

test("a group whose creator died before its finalizer was stored is removed", async () => {
  const { engine, redis, rootPrefix, time, job, spec, tend, left, nothing } =
    await withoutFinalizer();
  const { base } = shardAt(rootPrefix, queue, 0);
  const finalizer = job("aaaa");
  const stored = { ...spec, nowMs: time.nowMs, waiter: finalizer.id };
  await createGroup.run(redis, base, stored);
  await tend();
  expect(await engine.getGroups([spec.id])).toMatchObject([{ state: "OPEN" }]);
  time.nowMs += 60_000;
  await tend();
  expect(await left()).toEqual(nothing);
  const late = await engine.submit([{ ...finalizer, finalizes: spec.id }]);
  expect(late).toEqual([{ kind: "unknownGroup" }]);
});

test("a finalizer is refused if its group was cancelled before it was stored", async () => {
  const { engine, redis, rootPrefix, time, job, spec } = await withoutFinalizer();
  const { base } = shardAt(rootPrefix, queue, 0);
  const finalizer = job("aaaa");
  await createGroup.run(redis, base, { ...spec, nowMs: time.nowMs, waiter: finalizer.id });
  await engine.cancelGroup(spec.id, "stop");
  expect(await engine.createGroup({ ...spec, finalizer })).toEqual({
    kind: "refused",
    outcome: { kind: "groupClosed" },
  });
});
