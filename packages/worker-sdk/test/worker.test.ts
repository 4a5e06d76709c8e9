import { StopReason, WriteStatus } from "@millrace/proto/worker-service";
import { systemClock } from "@millrace/shared";
import { expect, test } from "vitest";
import { type Executor, NonRetryableError } from "../src/index.ts";
import { lease } from "./fake-scheduler.ts";
import { echo, startFakedWorker, untilStopped } from "./worker-setup.ts";

test("sends a job's outcome once its output is stored, and offers the slot when the executor returns", async () => {
  const { stream } = await startFakedWorker({ echo });
  const s = await stream();
  const hello = await s.next("hello");
  expect(hello).toMatchObject({ workerId: "w1", credit: 1, types: ["echo"], leases: [] });
  s.welcome();
  s.assign("echo", 1n, { a: 1 });
  const output = await s.next("output");
  expect(output.attempts[0]?.chunks[0]?.content).toEqual({ case: "text", value: "hello" });
  expect((await s.next("credit")).slots).toBe(1);
  expect(s.seen.some((m) => m.case === "settle")).toBe(false);
  s.outputAck(WriteStatus.STORED, 1);
  const outcome = (await s.next("settle")).outcomes[0]?.outcome;
  expect(outcome).toMatchObject({ case: "completed", value: { resultJson: '{"a":1}' } });
});

test("warns of each queue that the scheduler does not know, with what an operator can do", async () => {
  const { stream, logged } = await startFakedWorker({ echo });
  const s = await stream();
  s.welcome([], ["reports", "millrace-webhooks"]);
  s.assign();
  await s.next("output");
  expect(logged.filter(([level]) => level === "warn")).toEqual([
    [
      "warn",
      'the queue "reports" is not defined; the worker waits until an operator defines it: millrace queues put reports',
      { queue: "reports" },
    ],
    [
      "warn",
      'the queue "millrace-webhooks" is not defined; the worker waits until the schedulers are of its version',
      { queue: "millrace-webhooks" },
    ],
  ]);
});

test.each([true, false])(
  "runs, renews and settles a job, and connects again, with a stream thread: %s",
  async (streamThread) => {
    const { stream, worker } = await startFakedWorker({ slow: untilStopped }, { streamThread });
    const first = await stream();
    first.welcome();
    first.assign("slow");
    expect((await first.next("heartbeat")).leases).toMatchObject([lease()]);
    first.cut();
    const s = await stream();
    expect(await s.next("hello")).toMatchObject({ credit: 0, leases: [lease()] });
    s.welcome([{ lease: lease(), held: true, nextSequence: 0 }]);
    expect((await s.next("heartbeat")).leases).toMatchObject([lease()]);
    const drained = worker.drain(0);
    expect((await s.next("settle")).outcomes[0]?.outcome.case).toBe("handedBack");
    s.settleAck();
    await s.next("goodbye");
    s.end();
    await drained;
  },
);

test("attempts that end together are settled in one message, and their slots are offered in one", async () => {
  const { stream } = await startFakedWorker({ none: async () => null }, { slots: 3 });
  const s = await stream();
  s.welcome();
  s.assignAll([
    ["none", 1n],
    ["none", 2n],
    ["none", 3n],
  ]);
  expect((await s.next("credit")).slots).toBe(3);
  const { outcomes } = await s.next("settle");
  expect(outcomes.map((outcome) => outcome.lease?.fencingToken)).toEqual([1n, 2n, 3n]);
});

test("a guest runs beyond the slots without credit, and a second guest is handed back", async () => {
  const ends = new Map<unknown, () => void>();
  const untilTold: Executor = ({ payload }) =>
    new Promise((resolve) => ends.set(payload, () => resolve(payload)));
  const { stream } = await startFakedWorker({ told: untilTold }, { slots: 2, guestSlots: 1 });
  const s = await stream();
  expect(await s.next("hello")).toMatchObject({ credit: 2, slots: 2, guestSlots: 1 });
  s.welcome();
  s.assignAll([1, 2, 3, 4].map((job) => ["told", BigInt(job), job]));
  const settled = async () => (await s.next("settle")).outcomes.map(({ outcome }) => outcome);
  expect(await settled()).toMatchObject([{ case: "handedBack" }]);
  s.settleAck(WriteStatus.STORED, 4n);
  ends.get(1)?.();
  expect(await settled()).toMatchObject([{ case: "completed", value: { resultJson: "1" } }]);
  // All slots are still taken, because the guest now has one of them.
  expect(s.seen.some((m) => m.case === "credit")).toBe(false);
  s.settleAck(WriteStatus.STORED, 1n);
  ends.get(3)?.();
  expect((await s.next("credit")).slots).toBe(1);
});

test("slots are offered again before their jobs are settled, but the number of unsettled jobs is bounded", async () => {
  const { stream } = await startFakedWorker({ none: async () => null });
  const s = await stream();
  s.welcome();
  s.assign("none", 1n);
  expect((await s.next("credit")).slots).toBe(1);
  await s.next("settle");
  s.assign("none", 2n);
  s.assign("none", 3n);
  // The third job is more than the worker offered, so the worker hands it back.
  s.settleAck();
  const { outcomes } = await s.next("settle");
  expect(outcomes.map(({ lease, outcome }) => [lease?.fencingToken, outcome.case])).toEqual([
    [2n, "completed"],
    [3n, "handedBack"],
  ]);
  expect(s.seen.some((m) => m.case === "credit")).toBe(false);
  s.settleAck(WriteStatus.STORED, 2n, 3n);
  expect((await s.next("credit")).slots).toBe(1);
});

test("a job whose type has no executor is handed back after a delay", async () => {
  const { stream } = await startFakedWorker({ echo }, { slots: 1 });
  const s = await stream();
  s.welcome();
  const assignedMs = systemClock.nowMs();
  s.assign("toString", 1n);
  const outcome = (await s.next("settle")).outcomes[0]?.outcome;
  expect(outcome).toMatchObject({ case: "handedBack" });
  expect(systemClock.nowMs() - assignedMs).toBeGreaterThanOrEqual(999);
});

test("a plain error is retryable, a NonRetryableError is not", async () => {
  const { stream } = await startFakedWorker({
    plain: () => Promise.reject(new Error("boom")),
    final: () => Promise.reject(new NonRetryableError("DOCUMENT_EMPTY", "empty")),
  });
  const s = await stream();
  s.welcome();
  const expected = [
    ["plain", "EXECUTOR_FAILED", true],
    ["final", "DOCUMENT_EMPTY", false],
  ] as const;
  for (const [index, [type, reason, retryable]] of expected.entries()) {
    const token = BigInt(index + 1);
    s.assign(type, token);
    const outcome = (await s.next("settle")).outcomes[0]?.outcome;
    expect(outcome).toMatchObject({ case: "failed", value: { failure: { reason, retryable } } });
    s.settleAck(WriteStatus.STORED, token);
    await s.next("credit");
  }
});

test("a stop aborts the executor, and the outcome is reported as stopped", async () => {
  const { stream } = await startFakedWorker({ slow: untilStopped });
  const s = await stream();
  s.welcome();
  s.assign("slow");
  expect((await s.next("heartbeat")).leases).toMatchObject([lease()]);
  const attempts = [{ lease: lease(), reason: StopReason.CANCELLED }];
  s.send({ case: "stop", value: { attempts } as never });
  expect((await s.next("settle")).outcomes[0]?.outcome.case).toBe("stopped");
});

test("a lost lease aborts the executor, and no outcome is reported", async () => {
  const { stream } = await startFakedWorker({ slow: untilStopped });
  const s = await stream();
  s.welcome();
  s.assign("slow");
  await s.next("heartbeat");
  s.send({ case: "heartbeatAck", value: { lost: [lease()] } as never });
  await s.next("credit");
  expect(s.seen.some((m) => m.case === "settle")).toBe(false);
});

test("drain hands back attempts that do not end in time, and sends the goodbye last", async () => {
  const { stream, worker } = await startFakedWorker({ slow: untilStopped });
  const s = await stream();
  s.welcome();
  s.assign("slow");
  await s.next("heartbeat");
  const drained = worker.drain(10);
  await s.next("draining");
  expect((await s.next("settle")).outcomes[0]?.outcome.case).toBe("handedBack");
  expect(s.seen.some((m) => m.case === "goodbye")).toBe(false);
  s.settleAck();
  await s.next("goodbye");
  s.end();
  await drained;
});

test.each([
  ["a stop", "stop"],
  ["a drain without grace", "drain"],
])("%s that comes after an executor has returned loses none of its output", async (_, what) => {
  const { stream, worker } = await startFakedWorker({ echo });
  const s = await stream();
  s.welcome();
  s.assign("echo", 1n, { a: 1 });
  await s.next("output");
  await s.next("credit");
  if (what === "drain") void worker.drain(0);
  else {
    const attempts = [{ lease: lease(), reason: StopReason.CANCELLED }];
    s.send({ case: "stop", value: { attempts } as never });
  }
  // The worker sees it before the answer, which says that nothing was stored.
  s.outputAck(WriteStatus.RETRY, 0);
  const output = await s.next("output");
  expect(output.attempts[0]?.chunks[0]?.content).toEqual({ case: "text", value: "hello" });
  expect(s.seen.some((m) => m.case === "settle")).toBe(false);
  s.outputAck(WriteStatus.STORED, 1);
  expect((await s.next("settle")).outcomes[0]?.outcome.case).toBe("completed");
});
