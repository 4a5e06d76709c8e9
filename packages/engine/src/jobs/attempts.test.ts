import { limits } from "@millrace/shared";
import { expect, test } from "vitest";
import { LEASE_MS, lease, leaseOne, queue, setup, stateOf } from "../../test/setup.ts";
import type { JobSpec } from "../index.ts";

const failure = { reason: "PROVIDER_ERROR", message: "the provider answered 500", retryable: true };

async function running(spec: Partial<JobSpec> = {}) {
  const parts = await setup();
  await parts.engine.submit([parts.job("aaaa", spec)]);
  return { ...parts, held: await leaseOne(parts.engine) };
}

test("a completed job keeps its result", async () => {
  const { engine, held } = await running();
  const outcome = await engine.settle([
    { ...held, kind: "complete", resultJson: '{"summary":"short"}' },
  ]);
  expect(outcome).toEqual([{ kind: "settled", state: "SUCCEEDED" }]);
  const [record] = await engine.getJobs([held.jobId]);
  expect(record).toMatchObject({
    state: "SUCCEEDED",
    resultJson: '{"summary":"short"}',
    attempt: 1,
  });
  expect(await engine.stats(queue)).toMatchObject({
    queued: 0,
    running: 0,
    succeeded: 1,
    failed: 0,
    lanes: 0,
  });
});

test("a second completion with the same lease is reported as repeated, and changes nothing", async () => {
  const { engine, held } = await running();
  await engine.settle([{ ...held, kind: "complete", resultJson: '"first"' }]);
  const again = await engine.settle([{ ...held, kind: "complete", resultJson: '"second"' }]);
  expect(again).toEqual([{ kind: "settled", state: "SUCCEEDED", repeated: true }]);
  expect((await engine.getJobs([held.jobId]))[0]?.resultJson).toBe('"first"');
});

test("a failed attempt waits out its backoff and runs again with a higher token", async () => {
  const { engine, time, held } = await running();
  await engine.settle([{ ...held, kind: "retry", delayMs: 2_000, failure }]);
  expect(await stateOf(engine, held.jobId)).toBe("SCHEDULED");
  time.nowMs += 1_999;
  expect(await lease(engine, 1)).toEqual([]);
  time.nowMs += 1;
  const second = await leaseOne(engine);
  expect(second).toMatchObject({ jobId: held.jobId, attempt: 2 });
  expect(second.token).toBeGreaterThan(held.token);
});

test("a released attempt is not spent, and its job is the next one", async () => {
  const { engine, job, held } = await running();
  await engine.submit([job("aaaa")]);
  await engine.settle([{ ...held, kind: "release" }]);
  expect(await leaseOne(engine)).toMatchObject({ jobId: held.jobId, attempt: 1 });
});

test("no write of a superseded lease is stored (fencing token)", async () => {
  const { engine, time, held } = await running();
  time.nowMs += LEASE_MS + 1;
  await engine.reap(queue, 10);
  const second = await leaseOne(engine);
  expect(second.jobId).toBe(held.jobId);
  expect(await engine.renew([held], LEASE_MS)).toEqual([{ kind: "leaseLost" }]);
  expect(
    await engine.append([{ ...held, chunks: [{ seq: 0, kind: "text", body: "late" }] }]),
  ).toEqual([{ kind: "leaseLost" }]);
  expect(await engine.settle([{ ...held, kind: "complete", resultJson: '"late"' }])).toEqual([
    { kind: "leaseLost" },
  ]);
  expect(await engine.adopt([held], LEASE_MS, "w2")).toEqual([{ kind: "leaseLost" }]);
  expect(await stateOf(engine, held.jobId)).toBe("RUNNING");
  await engine.settle([{ ...second, kind: "complete", resultJson: '"second"' }]);
  const [record] = await engine.getJobs([held.jobId]);
  expect(record).toMatchObject({ resultJson: '"second"', stalls: 1, output: { nextOffset: 0 } });
});

test("a lease is reaped when it expires, and not a millisecond earlier", async () => {
  const { engine, time } = await running();
  time.nowMs += LEASE_MS - 1;
  expect((await engine.reap(queue, 10)).reaped).toEqual([]);
  time.nowMs += 1;
  expect((await engine.reap(queue, 10)).reaped).toMatchObject([{ outcome: "requeued" }]);
});

test("a renewed lease outlives its first expiry", async () => {
  const { engine, time, held } = await running();
  time.nowMs += LEASE_MS - 1;
  expect(await engine.renew([held], LEASE_MS)).toMatchObject([
    { kind: "renewed", cancelRequested: false },
  ]);
  time.nowMs += LEASE_MS - 1;
  expect((await engine.reap(queue, 10)).reaped).toEqual([]);
});

test("a job that loses its worker too often fails for good", async () => {
  const { engine, time, job } = await setup({ maxStalls: 2 });
  const spec = job("aaaa", { maxAttempts: 25 });
  await engine.submit([spec]);
  const outcomes: string[] = [];
  for (const alone of [false, false, true]) {
    const request = { queue, count: 1, leaseMs: LEASE_MS, workerId: "w1", alone };
    expect((await engine.lease(request)).leases).toHaveLength(1);
    time.nowMs += LEASE_MS;
    outcomes.push(...(await engine.reap(queue, 10)).reaped.map((r) => r.outcome));
  }
  expect(outcomes).toEqual(["requeued", "requeued", "failed"]);
  expect((await engine.getJobs([spec.id]))[0]).toMatchObject({
    state: "FAILED",
    failure: { reason: "STALLED" },
  });
});

test("a cancellation ends a waiting job at once, and a running job through its worker", async () => {
  const { engine, job, held } = await running();
  const waiting = job("aaaa");
  await engine.submit([waiting]);
  expect(await engine.cancel(waiting.id, "no longer needed")).toMatchObject({ kind: "cancelled" });
  expect(await stateOf(engine, waiting.id)).toBe("CANCELLED");
  expect(await lease(engine, 1)).toEqual([]);
  expect(await engine.cancel(held.jobId, "no longer needed")).toMatchObject({
    kind: "requested",
    workerId: "w1",
  });
  expect(await engine.renew([held], LEASE_MS)).toMatchObject([
    { kind: "renewed", cancelRequested: true },
  ]);
  await engine.settle([{ ...held, kind: "release" }]);
  expect(await stateOf(engine, held.jobId)).toBe("CANCELLED");
  expect(await engine.cancel(held.jobId, "again")).toEqual({
    kind: "alreadyFinal",
    state: "CANCELLED",
  });
});

test("a job that has not started by its latest start is never leased, and is reported once", async () => {
  const { engine, time, job } = await setup();
  const onTime = job("aaaa", { expiresAtMs: time.nowMs + 1_000 });
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const late = job("aaaa", { expiresAtMs: time.nowMs + 999, traceparent });
  await engine.submit([onTime, late]);
  time.nowMs += 999;
  const request = { queue, count: 10, leaseMs: LEASE_MS, workerId: "w1" };
  const { leases, expired } = await engine.lease(request);
  expect(leases.map((l) => l.jobId)).toEqual([onTime.id]);
  expect(expired).toMatchObject([{ jobId: late.id, type: "summarize", traceparent }]);
  expect(await stateOf(engine, late.id)).toBe("EXPIRED");
  expect((await engine.reap(queue, 10)).reaped).toEqual([]);
});

test("output is numbered without gaps over attempts, and a resent chunk is stored once", async () => {
  const { engine, held } = await running();
  const text = (seq: number, body: string) => ({ seq, kind: "text" as const, body });
  await engine.append([{ ...held, chunks: [text(0, "a"), text(1, "b")] }]);
  expect(await engine.append([{ ...held, chunks: [text(1, "b"), text(2, "c")] }])).toEqual([
    { kind: "appended", nextSeq: 3, nextOffset: 3 },
  ]);
  expect(await engine.append([{ ...held, chunks: [text(5, "f")] }])).toEqual([
    { kind: "gap", expectedSeq: 3 },
  ]);
  await engine.settle([{ ...held, kind: "retry", delayMs: 0, failure }]);
  const second = await leaseOne(engine);
  await engine.append([{ ...second, chunks: [text(0, "again")] }]);
  const read = await engine.readOutput(held.jobId, 0, 100, 1_000_000);
  if (read.kind !== "chunks") throw new Error(read.kind);
  expect(read.chunks.map((c) => [c.offset, c.attempt, c.kind, c.body.toString()])).toEqual([
    [0, 1, "text", "a"],
    [1, 1, "text", "b"],
    [2, 1, "text", "c"],
    [3, 2, "reset", ""],
    [4, 2, "text", "again"],
  ]);
  expect(await engine.readOutput(held.jobId, 4, 100, 1_000_000)).toMatchObject({
    kind: "chunks",
    nextOffset: 5,
  });
});

test("output stops at its limit", async () => {
  const { engine, held } = await running();
  const body = "x".repeat(limits.chunkBytes);
  const count = limits.outputBytes / limits.chunkBytes;
  const chunks = Array.from({ length: count }, (_, seq) => ({ seq, kind: "text" as const, body }));
  const [outcome] = await engine.append([{ ...held, chunks }]);
  // The overhead of an entry counts too, so the last chunk does not fit.
  expect(outcome).toEqual({ kind: "full", nextSeq: count - 1, nextOffset: count - 1 });
});
