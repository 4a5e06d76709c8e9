/** A job that would not survive the loss of its next worker runs alone on one. Other jobs go on meanwhile. */
import type { LeaseRef as LeaseMessage } from "@millrace/proto/worker-service";
import { expect, test } from "vitest";
import { queue, setup } from "./work-setup.ts";

const LEASE_MS = 30_000;
/** The default of a queue that does not set it. */
const MAX_STALLS = 3;

async function started() {
  const parts = await setup();
  const { engine, clock, submit } = parts;
  /** Creates a number of jobs that have lost their workers as often as they may. */
  const suspects = async (count: number, change = {}) => {
    const ids = [];
    for (let i = 0; i < count; i += 1) ids.push(await submit({ maxAttempts: 25, ...change }));
    for (let stall = 0; stall < MAX_STALLS; stall += 1) {
      await engine.lease({ queue, count, leaseMs: LEASE_MS, workerId: "lost" });
      clock.advance(LEASE_MS);
      await engine.reap(queue, 100);
    }
    return ids;
  };
  /** Creates a job that becomes due when it is told to, as after a backoff. */
  const laterSuspect = async (change = {}) => {
    const [id] = await suspects(1, change);
    const request = { queue, count: 1, leaseMs: LEASE_MS, workerId: "lost", alone: true };
    const { leases } = await engine.lease(request);
    const failure = { reason: "NO", message: "no", retryable: true };
    const retry = { kind: "retry", delayMs: 1_000, failure } as const;
    await engine.settle(leases.map((of) => ({ ...of, ...retry })));
    const comes = async () => {
      clock.advance(1_000);
      await engine.promote(queue, 10);
    };
    return { id, comes };
  };
  return { ...parts, suspects, laterSuspect };
}

type Held = Map<string, LeaseMessage>;
type Worker = ReturnType<Awaited<ReturnType<typeof setup>>["connect"]>;

/** Returns the ids of the next jobs that a worker gets, which it holds from then on. */
async function given(worker: Worker, held: Held) {
  const assignments = await worker.assignedAll();
  for (const { lease } of assignments) held.set(lease.jobId, lease);
  return assignments.map(({ lease }) => lease.jobId);
}

/** Ends a job, and gives its slot back. */
async function complete(worker: Worker, held: Held, id: string | undefined) {
  const lease = held.get(String(id)) as LeaseMessage;
  const outcome = { case: "completed" as const, value: { resultJson: "1" } };
  worker.send({ case: "settle", value: { outcomes: [{ lease, outcome }] } });
  expect((await worker.next())?.case).toBe("settleAcks");
  worker.send({ case: "credit", value: { slots: 1 } });
}

test("gives a worker one suspect at a time and no other job with it, and then the jobs that waited meanwhile", async () => {
  const { suspects, submit, connect, engine } = await started();
  const both = await suspects(2);
  const held: Held = new Map();
  const worker = connect(4);
  await worker.next();
  const [first] = await given(worker, held);
  const second = both.find((id) => id !== first);
  const usual = await submit();
  await worker.heard();
  expect((await engine.stats(queue)).running).toBe(1);
  await complete(worker, held, first);
  expect(await given(worker, held)).toEqual([usual]);
  await complete(worker, held, usual);
  expect(await given(worker, held)).toEqual([second]);
  await complete(worker, held, second);
  expect((await engine.stats(queue)).succeeded).toBe(3);
});

test("gives a suspect to the worker that runs nothing, and other jobs to the one that runs something", async () => {
  const { laterSuspect, submit, connect } = await started();
  const suspect = await laterSuspect();
  const held: Held = new Map();
  const [busy, idle] = [connect(2, { workerId: "busy" }), connect(2, { workerId: "idle" })];
  await busy.waits();
  const usual = await submit();
  expect(await given(busy, held)).toEqual([usual]);
  await idle.waits();
  await suspect.comes();
  expect(await given(idle, held)).toEqual([suspect.id]);
  const next = await submit();
  expect(await given(busy, held)).toEqual([next]);
});

test("empties one of several busy workers for a suspect, while the others go on", async () => {
  const { laterSuspect, submit, connect } = await started();
  const suspect = await laterSuspect();
  const held: Held = new Map();
  const [one, two] = [connect(2, { workerId: "one" }), connect(1, { workerId: "two" })];
  for (const worker of [one, two]) await worker.waits();
  const first = await submit();
  expect(await given(one, held)).toEqual([first]);
  const second = await submit();
  expect(await given(two, held)).toEqual([second]);
  const third = await submit();
  expect(await given(one, held)).toEqual([third]);
  await suspect.comes();
  await complete(one, held, first);
  // The worker with the fewest jobs gets no more.
  const fourth = await submit();
  expect(await given(one, held)).toEqual([fourth]);
  await complete(two, held, second);
  expect(await given(two, held)).toEqual([suspect.id]);
  await complete(two, held, suspect.id);
  const fifth = await submit();
  expect(await given(two, held)).toEqual([fifth]);
});

test("empties another worker if the one that is being emptied leaves", async () => {
  const { laterSuspect, submit, connect, engine } = await started();
  const suspect = await laterSuspect();
  const held: Held = new Map();
  const leaving = connect(2, { workerId: "leaving" });
  await leaving.waits();
  const usual = await submit();
  expect(await given(leaving, held)).toEqual([usual]);
  await suspect.comes();
  await leaving.heard();
  leaving.cut();
  while ((await leaving.next()) !== undefined);
  const staying = connect(2, { workerId: "staying" });
  await staying.next();
  expect(await given(staying, held)).toEqual([suspect.id]);
  expect((await engine.stats(queue)).running).toBe(2);
});

test("keeps no worker from its jobs for a suspect that may not run", async () => {
  const { suspects, submit, connect, engine, clock } = await started();
  const held: Held = new Map();
  const [suspect] = await suspects(1, { pool: "openai" });
  await engine.providerAccounts.put({ name: "openai", maxRunning: 1 });
  await engine.providerAccounts.report("openai", { kind: "refused", askedMs: 60_000 });
  const worker = connect(1, { pools: ["openai"] });
  await worker.waits();
  for (let i = 0; i < 3; i += 1) {
    const usual = await submit();
    expect(await given(worker, held)).toEqual([usual]);
    await complete(worker, held, usual);
    clock.advance(1_000);
  }
  clock.advance(60_000);
  expect(await given(worker, held)).toEqual([suspect]);
});
