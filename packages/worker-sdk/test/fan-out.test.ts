import { status } from "@grpc/grpc-js";
import { GroupState } from "@millrace/proto/group";
import { JobState } from "@millrace/proto/job";
import { type FanOutRequest, WriteStatus } from "@millrace/proto/worker-service";
import { expect, onTestFinished, test } from "vitest";
import {
  type ChildJob,
  type Executor,
  type FanOutOptions,
  type FanOutResult,
  WaitingForChildren,
} from "../src/index.ts";
import { lease, refused, type Unary } from "./fake-scheduler.ts";
import { startFakedWorker } from "./worker-setup.ts";

/** A scheduler's answers to fan-outs. Each group is in `state` when its fan-out is made. */
function fanOuts(state: (ordinal: number) => GroupState = () => GroupState.OPEN) {
  const requests: FanOutRequest[] = [];
  const answers: Unary = {
    fanOut: (request) => {
      requests.push(request);
      return { group: { id: `group ${request.ordinal}`, state: state(request.ordinal) } };
    },
    readChildren: ({ ordinal, afterIndex }) => ({
      group: { id: `group ${ordinal}`, state: state(ordinal) },
      children: [
        afterIndex === 0
          ? { index: 1, jobId: "a", state: JobState.SUCCEEDED, resultJson: `"of ${ordinal}"` }
          : { index: 2, jobId: "b", state: JobState.SUCCEEDED, resultOmitted: true },
      ],
      more: afterIndex === 0,
    }),
  };
  return { requests, answers };
}

async function run(executor: Executor, unary: Unary, left: object = {}) {
  const { stream, worker } = await startFakedWorker({ split: executor }, {}, unary);
  const s = await stream();
  s.welcome();
  s.assignAgain("split", left);
  const settled = async () => (await s.next("settle")).outcomes[0];
  return { s, worker, settled };
}

const part = (n: number) => ({ type: "part", payload: { n } });

test("hands children over in pages, and ends the attempt as waiting with its usage", async () => {
  const { requests, answers } = fanOuts();
  let cleanedUp = false;
  let thrown: unknown;
  const executor: Executor = async ({ fanOut, addUsage }) => {
    addUsage({ inputTokens: 7 });
    try {
      const children = Array.from({ length: 600 }, (_, n) => part(n));
      await fanOut(children, { rule: 50, maxInFlight: 9, keepSiblings: true });
    } catch (error) {
      thrown = error;
      throw error;
    } finally {
      cleanedUp = true;
    }
  };
  const left = { traceparent: "the-trace", tracestate: "the-state" };
  const { settled } = await run(executor, answers, left);
  expect(await settled()).toMatchObject({
    lease: lease(),
    outcome: { case: "waiting", value: { children: 600 } },
    usage: { inputTokens: 7n },
  });
  expect(thrown).toBeInstanceOf(WaitingForChildren);
  expect(cleanedUp).toBe(true);
  expect(requests.map((one) => [one.firstIndex, one.children.length])).toEqual([
    [1, 256],
    [257, 256],
    [513, 88],
  ]);
  expect(new Set(requests.map((one) => Buffer.from(one.planSha256).toString("hex"))).size).toBe(1);
  const rule = { rule: { case: "atLeastPercent", value: 50 } };
  expect(requests[2]).toMatchObject({
    ...{ lease: lease(), ordinal: 1, rule, maxInFlight: 9, keepSiblings: true },
  });
  const [child] = requests[2]?.children ?? [];
  const payload = { case: "payloadJson", value: '{"n":512}' };
  expect(child).toMatchObject({ type: "part", payload, ...left });
});

test("output before a fan-out is stored before the attempt waits", async () => {
  const { answers } = fanOuts();
  const { s, settled } = await run(async ({ write, fanOut }) => {
    await write("before");
    await fanOut([]);
  }, answers);
  const { attempts } = await s.next("output");
  expect(attempts[0]?.chunks[0]?.content.value).toBe("before");
  expect(s.seen.some((message) => message.case === "settle")).toBe(false);
  s.outputAck(WriteStatus.STORED, 1);
  expect((await settled())?.outcome).toMatchObject({ case: "waiting", value: { children: 0 } });
});

test.each<[end: string, afterwards: () => unknown]>([
  ["returns a result", () => "a result"],
  ["throws another error", () => Promise.reject(new Error("no children"))],
])("an executor that catches the signal and %s still waits", async (_, afterwards) => {
  const { requests, answers } = fanOuts();
  let aborted: boolean | undefined;
  let second: unknown;
  const { settled } = await run(async ({ fanOut, signal }) => {
    await fanOut([part(1)]).catch(() => undefined);
    aborted = signal.aborted;
    second = await fanOut([part(2)]).catch((error: unknown) => error);
    return afterwards();
  }, answers);
  expect((await settled())?.outcome).toMatchObject({ case: "waiting", value: { children: 1 } });
  expect(aborted).toBe(true);
  expect(second).toBeInstanceOf(WaitingForChildren);
  expect(requests.map(({ ordinal }) => ordinal)).toEqual([1]);
});

test("a drain does not hand back an attempt that waits, also if its executor has not returned", async () => {
  const { answers } = fanOuts();
  const caught = Promise.withResolvers<void>();
  const { worker, settled } = await run(async ({ fanOut }) => {
    await fanOut([part(1)]).catch(() => caught.resolve());
    await new Promise((resolve) => onTestFinished(() => resolve(undefined)));
  }, answers);
  await caught.promise;
  void worker.drain(0);
  expect((await settled())?.outcome).toMatchObject({ case: "waiting", value: { children: 1 } });
});

test("a resumed executor gets what its children gave, and then fans out again", async () => {
  const { requests, answers } = fanOuts((ordinal) =>
    ordinal === 1 ? GroupState.FAILED : GroupState.OPEN,
  );
  const got: [unknown, FanOutResult][] = [];
  const executor: Executor = async ({ fanOut, resumed }) => {
    got.push([resumed, await fanOut([part(1), part(2)])]);
    await fanOut([part(3)]);
  };
  const { settled } = await run(executor, answers, { fanOuts: 1 });
  expect((await settled())?.outcome).toMatchObject({ case: "waiting", value: { children: 1 } });
  expect(got).toEqual([
    [
      { fanOuts: 1 },
      {
        ...{ met: false, state: "FAILED", groupId: "group 1" },
        children: [
          { index: 1, jobId: "a", state: "SUCCEEDED", result: "of 1" },
          { index: 2, jobId: "b", state: "SUCCEEDED", resultOmitted: true },
        ],
      },
    ],
  ]);
  // The stored children are not sent again.
  expect(requests.map((one) => [one.ordinal, one.children.length])).toEqual([
    [1, 0],
    [2, 1],
  ]);
});

test("an executor of a first run is not resumed, and has no checkpoint", async () => {
  const { settled } = await run(
    async ({ resumed, lastCheckpoint, finalizesGroupId }) => ({
      all: [resumed, lastCheckpoint, finalizesGroupId].every((one) => one === undefined),
    }),
    {},
  );
  expect((await settled())?.outcome.value).toMatchObject({ resultJson: '{"all":true}' });
});

test("an attempt after a crash sends the children of an incomplete fan-out again", async () => {
  const { requests, answers } = fanOuts();
  const { settled } = await run(({ fanOut }) => fanOut([part(1)]), answers, { fanOuts: 1 });
  expect((await settled())?.outcome.case).toBe("waiting");
  expect(requests.map(({ children }) => children.length)).toEqual([0, 1]);
});

test("fan-outs that are started together run one after the other, in the order of their calls", async () => {
  const { requests, answers } = fanOuts((ordinal) =>
    ordinal < 3 ? GroupState.SUCCEEDED : GroupState.OPEN,
  );
  const executor: Executor = ({ fanOut }) =>
    Promise.all([fanOut([part(1)]), fanOut([part(2)]), fanOut([part(3)]), fanOut([part(4)])]);
  const { settled } = await run(executor, answers, { fanOuts: 2 });
  expect((await settled())?.outcome.case).toBe("waiting");
  expect(requests.map(({ ordinal }) => ordinal)).toEqual([1, 2, 3]);
});

test("fails for good with FAN_OUT_DIFFERS if the executor hands over other children", async () => {
  const { settled } = await run(({ fanOut }) => fanOut([part(1)]), {
    fanOut: () => {
      throw refused(status.FAILED_PRECONDITION, "FAN_OUT_DIFFERS");
    },
  });
  expect((await settled())?.outcome).toMatchObject({
    case: "failed",
    value: { failure: { reason: "FAN_OUT_DIFFERS", retryable: false } },
  });
});

test("calls again after an outage, and after the delay that a full queue asks for", async () => {
  const { requests, answers } = fanOuts();
  const refusals = [
    refused(status.UNAVAILABLE, "STORE_UNAVAILABLE", 1),
    refused(status.RESOURCE_EXHAUSTED, "DEPTH_FULL", 1),
  ];
  const { settled } = await run(({ fanOut }) => fanOut([part(1)]), {
    fanOut: (request) => {
      const refusal = refusals.shift();
      if (refusal !== undefined) throw refusal;
      return answers.fanOut?.(request) ?? {};
    },
  });
  expect((await settled())?.outcome.case).toBe("waiting");
  expect(requests).toHaveLength(1);
});

test("a call that answers LEASE_LOST stops the attempt, which reports no outcome", async () => {
  const stopped = Promise.withResolvers<unknown>();
  const executor: Executor = async ({ fanOut, signal }) => {
    await fanOut([part(1)]).catch(() => undefined);
    stopped.resolve(signal.reason);
  };
  const { s } = await run(executor, {
    fanOut: () => {
      throw refused(status.ABORTED, "LEASE_LOST");
    },
  });
  expect(String(await stopped.promise)).toContain("its lease was lost");
  await s.next("credit");
  expect(s.seen.some((message) => message.case === "settle")).toBe(false);
});

test("a child whose payload is not JSON fails the attempt for good, and is named", async () => {
  const { requests, answers } = fanOuts();
  const children = [part(1), { type: "part", payload: () => 1 }];
  const { settled } = await run(({ fanOut }) => fanOut(children), answers);
  expect((await settled())?.outcome).toMatchObject({
    case: "failed",
    value: {
      failure: {
        reason: "MALFORMED",
        retryable: false,
        message: expect.stringMatching(/^Child 2: /),
      },
    },
  });
  expect(requests).toEqual([]);
});

test.each<[what: string, child: Partial<ChildJob>, options: FanOutOptions]>([
  ["priority that is no whole number", { priority: 1.5 }, {}],
  ["rule that is no whole percentage", {}, { rule: 12.5 }],
  ["deadline that is no time", { deadlineMs: Number.NaN }, {}],
])("a fan-out with a %s fails the attempt for good at once", async (_, child, options) => {
  const { requests, answers } = fanOuts();
  const { settled } = await run(
    ({ fanOut }) => fanOut([{ ...part(1), ...child }], options),
    answers,
  );
  expect((await settled())?.outcome).toMatchObject({
    case: "failed",
    value: { failure: { reason: "MALFORMED", retryable: false } },
  });
  expect(requests).toEqual([]);
});

test("a finalizer reads the children of its group, in pages", async () => {
  const { answers } = fanOuts();
  const executor: Executor = async ({ children, finalizesGroupId }) => ({
    of: finalizesGroupId,
    ids: (await Array.fromAsync(children())).map(({ jobId }) => jobId),
  });
  const { settled } = await run(executor, answers, { finalizesGroupId: "g" });
  expect((await settled())?.outcome.value).toMatchObject({
    resultJson: '{"of":"g","ids":["a","b"]}',
  });
});

test("a job that finalizes no group has no children to read", async () => {
  const { answers } = fanOuts();
  const { settled } = await run(({ children }) => Array.fromAsync(children()), answers);
  expect((await settled())?.outcome).toMatchObject({
    case: "failed",
    value: { failure: { reason: "GROUP_NOT_FOUND", retryable: false } },
  });
});

test("stores checkpoints in order, also if the first is repeated, and gives the last one to the next attempt", async () => {
  const stored: string[] = [];
  const executor: Executor = async ({ checkpoint, lastCheckpoint }) => {
    await Promise.all([1, 2, 3].map((page) => checkpoint({ page })));
    return lastCheckpoint;
  };
  const refusals = [refused(status.UNAVAILABLE, "STORE_UNAVAILABLE", 1)];
  const saveCheckpoint: Unary["saveCheckpoint"] = ({ checkpointJson }) => {
    const refusal = refusals.shift();
    if (refusal !== undefined) throw refusal;
    stored.push(checkpointJson);
    return {};
  };
  const left = { checkpointJson: '{"page":9}' };
  const { settled } = await run(executor, { saveCheckpoint }, left);
  expect((await settled())?.outcome.value).toMatchObject({ resultJson: '{"page":9}' });
  expect(stored).toEqual(['{"page":1}', '{"page":2}', '{"page":3}']);
});

test.each([
  ["MALFORMED", undefined],
  ["TOO_LARGE", "x".repeat(256 * 1024)],
])("a checkpoint that cannot be stored fails the attempt with %s", async (reason, value) => {
  const { settled } = await run(({ checkpoint }) => checkpoint(value), {});
  expect((await settled())?.outcome).toMatchObject({
    case: "failed",
    value: { failure: { reason, retryable: false } },
  });
});

async function* inTurn(count: number): AsyncGenerator<ChildJob> {
  for (let n = 0; n < count; n += 1) yield part(n);
}

/** A scheduler that counts the children of one fan-out. `cancelAt`: so many are stored when the group is cancelled. */
function counted(stored = 0, cancelAt = Number.POSITIVE_INFINITY) {
  const requests: FanOutRequest[] = [];
  let total = stored;
  const fanOut: Unary["fanOut"] = (request) => {
    requests.push(request);
    if (total < cancelAt) total = Math.max(total, request.firstIndex - 1 + request.children.length);
    const state = total >= cancelAt ? GroupState.RUNNING : GroupState.OPEN;
    return { group: { id: "group", state, progress: { total } } };
  };
  return { requests, answers: { fanOut } satisfies Unary };
}

test("hands many children over one after the other, under a plan of their own", async () => {
  const { requests, answers } = counted();
  const { settled } = await run(
    async ({ fanOutMany }) => {
      await fanOutMany(() => inTurn(600), { plan: "a", keepSiblings: true });
    },
    answers,
    { traceparent: "the-trace" },
  );
  expect((await settled())?.outcome).toMatchObject({ case: "waiting", value: { children: 600 } });
  expect(requests.map((one) => [one.firstIndex, one.children.length])).toEqual([
    [1, 0],
    [1, 256],
    [257, 256],
    [513, 88],
  ]);
  expect(requests[3]?.children[0]).toMatchObject({
    ...{ type: "part", traceparent: "the-trace" },
    payload: { case: "payloadJson", value: '{"n":512}' },
  });
  const other = counted();
  const second = await run(async ({ fanOutMany }) => {
    await fanOutMany(() => inTurn(0), { plan: "b", keepSiblings: true });
  }, other.answers);
  expect((await second.settled())?.outcome).toMatchObject({ value: { children: 0 } });
  expect(other.requests[0]?.planSha256).not.toEqual(requests[0]?.planSha256);
});

test("goes on after the last of many children that is stored", async () => {
  const { requests, answers } = counted(500);
  const { settled } = await run(
    async ({ fanOutMany }) => void (await fanOutMany(() => inTurn(600), { plan: "a" })),
    answers,
    { fanOuts: 1 },
  );
  expect((await settled())?.outcome).toMatchObject({ value: { children: 600 } });
  expect(requests.map((one) => [one.firstIndex, one.children.length])).toEqual([
    [1, 0],
    [501, 100],
  ]);
});

test("adds no more children to a group that was cancelled meanwhile", async () => {
  const { requests, answers } = counted(0, 256);
  const { settled } = await run(
    async ({ fanOutMany }) => void (await fanOutMany(() => inTurn(2_000), { plan: "a" })),
    answers,
  );
  expect((await settled())?.outcome).toMatchObject({ value: { children: 256 } });
  expect(requests).toHaveLength(2);
});

test("reads what many children cost only if it is asked for", async () => {
  const { answers } = fanOuts(() => GroupState.SUCCEEDED);
  const asked: boolean[] = [];
  const readChildren: Unary["readChildren"] = (request) => {
    asked.push(request.usages);
    const usage = { costMicros: 59n, unpricedAttempts: 1 };
    const usages = request.usages ? [{ index: 2 }, { index: 1, usage }] : [];
    return { ...answers.readChildren?.(request), usages } as never;
  };
  const { settled } = await run(
    async ({ fanOutMany }) => {
      const { children } = await fanOutMany(() => inTurn(2), { plan: "a" });
      const costs = await Array.fromAsync(children({ costs: true }), ({ cost }) => cost ?? null);
      return { costs, none: await Array.fromAsync(children(), ({ cost }) => cost ?? null) };
    },
    { ...answers, readChildren },
  );
  const result = {
    costs: [{ micros: 59, unpricedAttempts: 1 }, { unpricedAttempts: 0 }],
    none: [null, null],
  };
  expect((await settled())?.outcome).toMatchObject({
    ...{ case: "completed", value: { resultJson: JSON.stringify(result) } },
  });
  expect(asked).toEqual([true, true, false, false]);
});

test("reads what many children gave when it is asked for, each time anew", async () => {
  const { answers } = fanOuts(() => GroupState.FAILED);
  const asked: boolean[] = [];
  const readChildren: Unary["readChildren"] = (request) => {
    asked.push(request.wholeResults);
    return answers.readChildren?.(request) ?? {};
  };
  const { settled } = await run(
    async ({ fanOutMany }) => {
      const { children, met, state } = await fanOutMany(() => inTurn(2), { plan: "a" });
      const read = [await Array.fromAsync(children()), await Array.fromAsync(children())];
      return { met, state, read };
    },
    { ...answers, readChildren },
  );
  const of = [
    { index: 1, jobId: "a", state: "SUCCEEDED", resultJson: '"of 1"' },
    { index: 2, jobId: "b", state: "SUCCEEDED", resultOmitted: true },
  ];
  const result = { met: false, state: "FAILED", read: [of, of] };
  expect((await settled())?.outcome).toMatchObject({
    ...{ case: "completed", value: { resultJson: JSON.stringify(result) } },
  });
  expect(asked).toEqual([true, true, true, true]);
});
