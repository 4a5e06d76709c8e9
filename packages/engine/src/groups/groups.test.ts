import { expect, test } from "vitest";
import { failure, grouped } from "../../test/grouped.ts";
import { lease, leaseOne, stateOf } from "../../test/setup.ts";
import type { Lease } from "../index.ts";

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
