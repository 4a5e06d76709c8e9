import { type JobId, type KeyId, newGroupId, systemRandom } from "@millrace/shared";
import { expect, test } from "vitest";
import { DAY_MS, grouped } from "../../test/grouped.ts";
import { lease, queue } from "../../test/setup.ts";
import { shardAt } from "../redis/keys.ts";
import { createGroup } from "./create_group.ts";

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
