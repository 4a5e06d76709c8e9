import { connectMillrace, type Group, type GroupChild, type NewChild } from "@millrace/client";
import { type LocalSystem, startSystem } from "@millrace/local";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { type Executor, NonRetryableError, startWorker } from "@millrace/worker-sdk";
import { afterAll, expect, onTestFinished, test } from "vitest";

let shared: Promise<LocalSystem> | undefined;
afterAll(async () => (await shared)?.[Symbol.asyncDispose]());
let queues = 0;

async function setup(executor: Executor, on?: LocalSystem) {
  shared ??= startSystem({ workers: 0 });
  const system = on ?? (await shared);
  queues += 1;
  const queue = `q${queues}`;
  await system.putQueue({ name: queue });
  const apiKey = await system.createApiKey(queue);
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey });
  onTestFinished(() => millrace.close());
  const worker = startWorker({
    ...{ address: system.workerTarget, workerId: queue, queues: [queue], slots: 8 },
    ...{ executors: { test: executor, join: async () => "joined" }, clock, random },
  });
  onTestFinished(() => worker.drain(0));
  return { millrace, queue, system };
}

const children = (count: number): NewChild[] =>
  Array.from({ length: count }, (_, n) => ({ type: "test", payload: { n } }));

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test("a group of more children than a call takes runs to its end, and lists what each gave", async () => {
  const { millrace, queue } = await setup(async ({ payload }) => payload as { n: number });
  const group = await millrace.createGroup(
    { queue, finalizer: { type: "join" }, labels: { team: "x" } },
    children(1_001),
    { close: true },
  );
  expect(group.outcomes.filter(({ kind }) => kind === "accepted")).toHaveLength(1_001);
  const done = await group.done();
  expect(done).toMatchObject({
    ...{ id: group.id, state: "SUCCEEDED", labels: { team: "x" }, rule: "all" },
    progress: { total: 1_001, succeeded: 1_001, inFlight: 0 },
  });
  const gave = await collect(group.children<{ n: number }>());
  expect(gave.map(({ index }) => index)).toEqual(gave.map((_, at) => at + 1));
  const numbers = gave.map(({ result }) => result?.n ?? -1).sort((a, b) => a - b);
  expect(numbers).toEqual(gave.map((_, at) => at));
  const finalizer = await millrace.wait(done.finalizerJobId ?? "");
  expect(finalizer).toMatchObject({ result: "joined", childGroupIds: [group.id] });
});

test("jobs join an open group; a child that fails makes it fail, and cancels the others", async () => {
  const started = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const { millrace, queue } = await setup(async ({ payload, signal }) => {
    if ((payload as { n: number }).n === 1) {
      await Promise.all([started.promise, closed.promise]);
      throw new NonRetryableError("BROKEN", "it is broken");
    }
    started.resolve();
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  const { id, outcomes } = await millrace.createGroup({ queue, finalizer: { type: "join" } });
  expect(outcomes).toEqual([]);
  const group = millrace.group(id);
  const [first] = await group.submit(children(2));
  expect(await group.close()).toMatchObject({ state: "RUNNING", progress: { total: 2 } });
  closed.resolve();
  const done = await group.done();
  expect(done).toMatchObject({ state: "FAILED", progress: { failed: 1, cancelled: 1 } });
  const job = await millrace.getJob(first?.kind === "accepted" ? first.jobId : "");
  expect(job).toMatchObject({ groupId: id, state: "CANCELLED" });
  expect(await millrace.getJob(done.finalizerJobId ?? "")).toMatchObject({
    ...{ state: "FAILED", failure: { reason: "CHILDREN_FAILED" } },
  });
  const [cancelled, failed]: GroupChild[] = await collect(group.children());
  expect(cancelled?.state).toBe("CANCELLED");
  expect(failed).toMatchObject({ state: "FAILED", failure: { reason: "BROKEN" } });
  const [late] = await group.submit(children(1));
  expect(late).toMatchObject({ kind: "failed", error: { reason: "GROUP_CLOSED" } });
  expect(await group.close()).toMatchObject({ state: "FAILED" });
  expect(await collect(millrace.listGroups({ queue }))).toMatchObject([{ id, state: "FAILED" }]);
});

test("a refused child leaves the group open, and cancel ends it with the reason", async () => {
  const { millrace, queue } = await setup(
    ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  );
  const group = await millrace.createGroup({ queue }, [...children(1), { type: "!" }], {
    close: true,
  });
  expect(group.outcomes).toMatchObject([
    { kind: "accepted" },
    { kind: "failed", error: { reason: "MALFORMED" } },
  ]);
  expect((await group.get()).state).toBe("OPEN");
  await group.cancel({ reason: "enough" });
  expect(await group.done()).toMatchObject({ state: "CANCELLED", cancelReason: "enough" });
});

test("a wait for a group survives its gateway and its scheduler, and a watch shows each change", async () => {
  const system = await startSystem({ workers: 0 });
  onTestFinished(() => system[Symbol.asyncDispose]());
  const gate = Promise.withResolvers<void>();
  const { millrace, queue } = await setup(async () => {
    await gate.promise;
    return 1;
  }, system);
  const group = await millrace.createGroup({ queue }, children(1), { close: true });
  const done = group.done();
  const states: Group["state"][] = [];
  for await (const { state } of group.watch()) {
    if (state === states.at(-1)) continue;
    states.push(state);
    if (state !== "RUNNING") continue;
    await system.gateways[0]?.kill();
    await system.gateways[0]?.restart();
    await system.schedulers[0]?.restart();
    gate.resolve();
  }
  expect(states).toEqual(["RUNNING", "SUCCEEDED"]);
  expect(await done).toMatchObject({ state: "SUCCEEDED", progress: { succeeded: 1 } });
});

test("a wait ends at its deadline or with its signal, and for a group that does not exist", async () => {
  const { millrace, queue } = await setup(async () => 1);
  const group = await millrace.createGroup({ queue });
  await expect(group.done({ deadlineMs: 50 })).rejects.toMatchObject({
    ...{ code: "DEADLINE_EXCEEDED", retryable: true },
  });
  const left = AbortSignal.abort();
  await expect(group.done({ signal: left })).rejects.toMatchObject({ code: "CANCELLED" });
  const nowhere = millrace.group(group.id.replace(/.$/, (last) => (last === "0" ? "1" : "0")));
  await expect(nowhere.done()).rejects.toMatchObject({ reason: "GROUP_NOT_FOUND" });
  expect(() => millrace.group("nonsense")).toThrow(/not the id of a group/);
});
