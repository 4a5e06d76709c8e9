import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { JobRecord } from "@millrace/engine";
import { GroupState } from "@millrace/proto/group";
import { JobState } from "@millrace/proto/job";
import {
  FanOutRequestSchema,
  type LeaseRef,
  ReadChildrenRequestSchema,
  SaveCheckpointRequestSchema,
} from "@millrace/proto/worker-service";
import type { CallContext } from "@millrace/runtime";
import type { JobId, KeyId } from "@millrace/shared";
import { ManualClock, seededRandom } from "@millrace/testing";
import { expect, test } from "vitest";
import { fanOut } from "../src/handlers/fan-out.ts";
import { readChildren } from "../src/handlers/read-children.ts";
import { saveCheckpoint } from "../src/handlers/save-checkpoint.ts";
import { jobObserver } from "../src/observing/job-observer.ts";
import type { WorkerPass } from "../src/tokens/worker-tokens.ts";
import { queue, setup } from "./work-setup.ts";

/** A running job, and the calls of its worker. */
async function running(spec: Partial<JobRecord> = {}, { admits = true } = {}) {
  const parts = await setup();
  const { engine, clock, metrics, tokens, submit, connect } = parts;
  const parentId = await submit({ type: "book", priority: 7, labels: { team: "a" }, ...spec });
  const worker = connect(1);
  await worker.next();
  const { lease } = await worker.assigned();
  const pass: WorkerPass = { name: "worker" };
  const context = {
    identity: pass,
    concerns: () => undefined,
  } as unknown as CallContext<WorkerPass>;
  const handlers = {
    fanOut: fanOut({
      ...{ engine, tokens, clock, random: seededRandom(2), observer: jobObserver(metrics) },
      pressure: { admits: () => admits },
      callbacks: {
        isSetUp: true,
        urlProblem: (url) => (url.endsWith("bad") ? "is bad" : undefined),
      },
    }),
    readChildren: readChildren(engine, tokens),
    saveCheckpoint: saveCheckpoint(engine, tokens),
  };
  const add = async (
    change: MessageInitShape<typeof FanOutRequestSchema> = {},
    by: Partial<WorkerPass> = {},
  ) => {
    const request = { lease, ordinal: 1, planSha256: new Uint8Array(32), firstIndex: 1 };
    return handlers.fanOut(create(FanOutRequestSchema, { ...request, ...change } as never), {
      ...context,
      identity: { ...pass, ...by },
    });
  };
  const read = (from: LeaseRef, ordinal = 1, afterIndex = 0, usages = false) =>
    handlers.readChildren(
      create(ReadChildrenRequestSchema, { lease: from, ordinal, afterIndex, usages }),
      context,
    );
  const save = (checkpointJson: string, from: LeaseRef = lease) =>
    handlers.saveCheckpoint(
      create(SaveCheckpointRequestSchema, { lease: from, checkpointJson }),
      context,
    );
  const settle = (outcome: { case: string; value: object }, of: LeaseRef = lease) => {
    worker.send({ case: "settle", value: { outcomes: [{ lease: of, outcome }] } } as never);
    return worker.next();
  };
  /** The stored children of a fan-out, in order. */
  const children = async (ordinal = 1): Promise<(JobRecord | undefined)[]> => {
    const page = await read(lease, ordinal);
    return [...(await engine.getJobs((page.children ?? []).map(({ jobId }) => jobId as JobId)))];
  };
  return { ...parts, worker, parentId, lease, add, read, save, settle, children };
}

const pages = (count: number) => Array.from({ length: count }, () => ({ type: "page" }));

test("stores children under their indexes, and a repeated call stores none again", async () => {
  const { add, children, parentId, metrics } = await running();
  expect((await add({ children: pages(2) })).group).toMatchObject({
    ...{ state: GroupState.OPEN, parentJobId: parentId, queue },
    progress: { total: 2 },
  });
  expect((await add({ children: pages(2), firstIndex: 2 })).group?.progress?.total).toBe(3);
  const stored = await children();
  expect(stored).toMatchObject(
    Array(3).fill({ type: "page", priority: 7, labels: { team: "a" }, state: "QUEUED" }),
  );
  expect(await metrics.registry.metrics()).toContain(
    'millrace_jobs_submitted_total{queue="documents",type="page"} 3',
  );
});

test("an attempt that waits is assigned again with what its children gave", async () => {
  const { add, worker, read, save, settle, parentId, lease, metrics } = await running();
  await save('{"page":1}');
  await add({ children: pages(1) });
  const waiting = { case: "waiting", value: { children: 1 } };
  expect(await settle(waiting)).toMatchObject({ value: { acks: [{ state: JobState.WAITING }] } });
  worker.send({ case: "credit", value: { slots: 1 } });
  const child = await worker.assigned();
  expect(child).toMatchObject({ type: "page", fanOuts: 0, checkpointJson: "" });
  await settle({ case: "completed", value: { resultJson: "7" } }, child.lease);
  worker.send({ case: "credit", value: { slots: 1 } });
  const again = await worker.assigned();
  expect(again).toMatchObject({ attempt: 1, fanOuts: 1, checkpointJson: '{"page":1}' });
  expect(again.lease.jobId).toBe(parentId);
  expect(await read(again.lease)).toMatchObject({
    group: { state: GroupState.SUCCEEDED, progress: { total: 1, succeeded: 1 } },
    children: [{ index: 1, state: JobState.SUCCEEDED, resultJson: "7", resultOmitted: false }],
    more: false,
  });
  await expect(read(lease)).rejects.toMatchObject({ reason: "LEASE_LOST" });
  await expect(read(again.lease, 2)).rejects.toMatchObject({ reason: "GROUP_NOT_FOUND" });
  await expect(read(again.lease, 0)).rejects.toMatchObject({ reason: "GROUP_NOT_FOUND" });
  // The group has finished, so it takes no child, and another plan is refused.
  expect((await add({ lease: again.lease, children: pages(9) })).group?.progress?.total).toBe(1);
  const planSha256 = new Uint8Array(32).fill(1);
  await expect(add({ lease: again.lease, planSha256 })).rejects.toMatchObject({
    reason: "FAN_OUT_DIFFERS",
  });
  expect(await metrics.registry.metrics()).toContain(
    'millrace_jobs_fanned_out_total{queue="documents",type="book"} 1',
  );
});

test("reads children whose results are long in several pages", async () => {
  const { engine, add, read, lease } = await running();
  await add({ children: pages(20) });
  const { leases } = await engine.lease({ queue, count: 20, leaseMs: 1_000, workerId: "w" });
  const resultJson = JSON.stringify("x".repeat(60_000));
  await engine.settle(
    leases.map(({ jobId, token }) => ({ jobId, token, kind: "complete", resultJson })),
  );
  const sizes: number[] = [];
  for (let after = 0; after < 20; after += sizes.at(-1) ?? 0) {
    const { children = [], more } = await read(lease, 1, after);
    expect(children[0]).toMatchObject({ index: after + 1, resultJson });
    sizes.push(children.length);
    expect(more).toBe(after + children.length < 20);
  }
  expect(sizes.length).toBe(2);
});

test("says what children have spent if it is asked, as long as their jobs are kept", async () => {
  const { engine, settle, add, read, worker } = await running();
  await add({ children: pages(3) });
  await settle({ case: "waiting", value: { children: 3 } });
  const usage = { inputTokens: 7n, outputTokens: 5n, providerCalls: 1 };
  for (const spent of [{ usage }, {}, { usage }]) {
    worker.send({ case: "credit", value: { slots: 1 } });
    const { lease: child } = await worker.assigned();
    const outcome = { case: "completed", value: { resultJson: "1" } };
    worker.send({
      case: "settle",
      value: { outcomes: [{ lease: child, outcome, ...spent }] },
    } as never);
    await worker.next();
  }
  worker.send({ case: "credit", value: { slots: 1 } });
  const { lease: again } = await worker.assigned();
  expect((await read(again)).usages).toEqual([]);
  const asked = (await read(again, 1, 0, true)).usages;
  expect(asked).toMatchObject([{ index: 1, usage }, { index: 2 }, { index: 3, usage }]);
  expect(asked?.[1]?.usage).toBeUndefined();
  const { children: [first] = [] } = await read(again);
  expect(await engine.remove(first?.jobId as JobId)).toBe("removed");
  const kept = (await read(again, 1, 0, true)).usages;
  expect(kept).toMatchObject([{ index: 2 }, { index: 3, usage }]);
  expect((await read(again, 1, 2, true)).usages).toMatchObject([{ index: 3, usage }]);
});

test("fails an attempt that waits for another number of children", async () => {
  const { engine, add, settle, parentId } = await running();
  await add({ children: pages(2) });
  await settle({ case: "waiting", value: { children: 3 } });
  const [parent] = await engine.getJobs([parentId]);
  expect(parent).toMatchObject({ state: "FAILED", failure: { reason: "MALFORMED" } });
});

test("refuses children beyond the limit of waiting jobs, and says which and when to repeat", async () => {
  const { engine, add, children } = await running();
  await engine.keyBudgets.set("aaaa" as KeyId, { maxQueued: 2 });
  await expect(add({ children: pages(3), firstIndex: 1 })).rejects.toMatchObject({
    ...{ reason: "DEPTH_FULL", retryDelayMs: 1_000, metadata: { index: "3" } },
    message: expect.stringMatching(/^child 3: /),
  });
  // The children before it are stored, and the repeated call adds the last one.
  expect(await children()).toHaveLength(2);
  await engine.keyBudgets.set("aaaa" as KeyId, undefined);
  expect((await add({ children: pages(3) })).group?.progress?.total).toBe(3);
});

test.each([
  ["waits for room, however many attempts it has left, if it has a deadline", 60_001, "SCHEDULED"],
  ["fails without attempts left if it has none", undefined, "FAILED"],
  ["fails if its deadline is before the wait is over", 1_000, "FAILED"],
])("an attempt that found no room %s", async (_, aheadMs, state) => {
  const more = aheadMs === undefined ? {} : { deadlineMs: new ManualClock().nowMs() + aheadMs };
  const { engine, settle, parentId } = await running({ maxAttempts: 1, ...more });
  const failure = { reason: "DEPTH_FULL", message: "full", retryable: true };
  await settle({ case: "failed", value: { failure } });
  const [parent] = await engine.getJobs([parentId]);
  expect(parent).toMatchObject({ state, bounces: state === "FAILED" ? 0 : 1 });
});

test("refuses children while Redis has little memory left", async () => {
  const { add } = await running({}, { admits: false });
  await expect(add({ children: pages(1) })).rejects.toMatchObject({
    ...{ reason: "STORE_FULL", retryDelayMs: 5_000, metadata: { index: "1" } },
  });
});

test("takes children of types that the queue takes from no caller", async () => {
  const { engine, add } = await running();
  await engine.defineQueue({ name: queue, types: ["book"] });
  const { group } = await add({ children: [{ type: "page" }] });
  expect(group).toMatchObject({ progress: { total: 1 } });
});

test("answers LEASE_LOST to a worker whose token is not for the queue, and for a lost lease", async () => {
  const { add, save, settle } = await running();
  await expect(add({}, { queues: ["other"] })).rejects.toMatchObject({ reason: "LEASE_LOST" });
  await add({}, { queues: [queue] });
  await settle({ case: "handedBack", value: {} });
  await expect(add()).rejects.toMatchObject({ reason: "LEASE_LOST" });
  await expect(save("{}")).rejects.toMatchObject({ reason: "LEASE_LOST" });
});

test("refuses a checkpoint that is not JSON", async () => {
  const { save } = await running();
  await expect(save("{")).rejects.toMatchObject({ reason: "MALFORMED" });
});

test("refuses a child whose callback is wrong, and names the child", async () => {
  const { add } = await running();
  const child = (url: string) => ({ type: "part", callback: { url } });
  const children = [child("https://example.com"), child("https://example.com/bad")];
  await expect(add({ children } as never)).rejects.toMatchObject({
    violations: [{ field: "children[1].callback.url", description: "is bad" }],
  });
});
