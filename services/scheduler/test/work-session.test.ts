import { JobState } from "@millrace/proto/job";
import { StopReason, WriteStatus } from "@millrace/proto/worker-service";
import type { QueueName } from "@millrace/shared";
import { expect, test } from "vitest";
import { setup } from "./work-setup.ts";

test("assigns a job to a worker with credit, and stores its result", async () => {
  const { engine, submit, connect } = await setup();
  const id = await submit();
  const worker = connect(1);
  expect((await worker.next())?.case).toBe("welcome");
  const { lease, keyId, attempt } = await worker.assigned();
  expect({ id: lease.jobId, keyId, attempt }).toEqual({ id, keyId: "aaaa", attempt: 1 });
  const outcome = { case: "completed" as const, value: { resultJson: "1" } };
  worker.send({ case: "settle", value: { outcomes: [{ lease, outcome }] } });
  expect(await worker.next()).toMatchObject({
    case: "settleAcks",
    value: { acks: [{ status: WriteStatus.STORED, state: JobState.SUCCEEDED }] },
  });
  expect((await engine.getJobs([id]))[0]?.resultJson).toBe("1");
});

test("retries a failure after its backoff, and assigns the job when credit is given", async () => {
  const { clock, submit, connect } = await setup();
  await submit();
  const worker = connect(1);
  await worker.next();
  const { lease } = await worker.assigned();
  const failure = { reason: "PROVIDER_ERROR", message: "500", retryable: true };
  const outcome = { case: "failed" as const, value: { failure } };
  worker.send({ case: "settle", value: { outcomes: [{ lease, outcome }] } });
  expect(await worker.next()).toMatchObject({
    value: { acks: [{ status: WriteStatus.STORED, state: JobState.SCHEDULED }] },
  });
  clock.advance(60_000);
  worker.send({ case: "credit", value: { slots: 1 } });
  expect((await worker.assigned()).attempt).toBe(2);
});

test("stops the attempt of a running job that is cancelled", async () => {
  const { engine, submit, connect } = await setup();
  const id = await submit();
  const worker = connect(1);
  await worker.next();
  const { lease } = await worker.assigned();
  await engine.cancel(id, "test");
  expect(await worker.next()).toMatchObject({
    case: "stop",
    value: { attempts: [{ lease: { jobId: lease.jobId }, reason: StopReason.CANCELLED }] },
  });
});

test("lets a worker that reconnects keep its lease, and refuses a stale one", async () => {
  const { submit, connect } = await setup();
  await submit();
  const before = connect(1);
  await before.next();
  const { lease } = await before.assigned();
  const stale = { jobId: lease.jobId, fencingToken: lease.fencingToken + 1n };
  const worker = connect(0, { leases: [lease, stale] });
  expect(await worker.next()).toMatchObject({
    case: "welcome",
    value: { leases: [{ held: true }, { held: false }] },
  });
  worker.send({ case: "heartbeat", value: { leases: [lease, stale] } });
  expect(await worker.next()).toMatchObject({ case: "heartbeatAck", value: { lost: [stale] } });
});

test("sends drain and ends the stream when the scheduler drains", async () => {
  const { connect } = await setup();
  const worker = connect(0);
  await worker.next();
  worker.drain.abort();
  expect((await worker.next())?.case).toBe("drain");
  expect(await worker.next()).toBeUndefined();
});

test("ends the stream after goodbye", async () => {
  const { connect } = await setup();
  const worker = connect(0);
  await worker.next();
  worker.send({ case: "goodbye", value: {} });
  expect(await worker.next()).toBeUndefined();
});

test("stores output once, and says at a gap where to continue", async () => {
  const { engine, submit, connect } = await setup();
  const id = await submit();
  const worker = connect(1);
  await worker.next();
  const { lease } = await worker.assigned();
  const write = (firstSequence: number) => {
    const chunks = [{ content: { case: "text" as const, value: "a" } }];
    worker.send({ case: "output", value: { attempts: [{ lease, firstSequence, chunks }] } });
    return worker.next();
  };
  const stored = { status: WriteStatus.STORED, nextSequence: 1 };
  expect(await write(0)).toMatchObject({ case: "outputAcks", value: { acks: [stored] } });
  expect(await write(0)).toMatchObject({ value: { acks: [stored] } });
  expect(await write(2)).toMatchObject({
    value: { acks: [{ status: WriteStatus.GAP, nextSequence: 1 }] },
  });
  const read = await engine.readOutput(id, 0, 10, 1_000);
  expect(read.kind === "chunks" && read.chunks.map(({ body }) => `${body}`)).toEqual(["a"]);
});

test("assigns a job at once to a worker with credit, and not to one without", async () => {
  const { engine, submit, connect } = await setup();
  const worker = connect(1);
  await worker.next();
  worker.send({ case: "heartbeat", value: { leases: [] } });
  expect((await worker.next())?.case).toBe("heartbeatAck");
  const first = await submit();
  expect((await worker.assigned()).lease.jobId).toBe(first);
  const second = await submit();
  worker.send({ case: "heartbeat", value: { leases: [] } });
  expect((await worker.next())?.case).toBe("heartbeatAck");
  expect((await engine.getJobs([second]))[0]?.state).toBe("QUEUED");
});

test("tells an attempt to stop at its deadline, and ends it as EXPIRED", async () => {
  const { engine, clock, submit, connect } = await setup();
  const id = await submit({ deadlineMs: clock.nowMs() + 500 });
  const worker = connect(1);
  await worker.next();
  const { lease } = await worker.assigned();
  clock.advance(500);
  expect(await worker.next()).toMatchObject({
    case: "stop",
    value: { attempts: [{ lease: { jobId: id }, reason: StopReason.DEADLINE }] },
  });
  const outcome = { case: "stopped" as const, value: {} };
  worker.send({ case: "settle", value: { outcomes: [{ lease, outcome }] } });
  expect(await worker.next()).toMatchObject({ value: { acks: [{ state: JobState.EXPIRED }] } });
  expect((await engine.getJobs([id]))[0]?.failure?.reason).toBe("DEADLINE_EXCEEDED");
});

test.each([
  ["past its deadline", StopReason.DEADLINE, "EXPIRED"],
  ["that was cancelled", StopReason.CANCELLED, "CANCELLED"],
] as const)(
  "takes the lease of an attempt %s that does not stop within the grace",
  async (_, why, end) => {
    const { engine, clock, submit, connect } = await setup();
    const late = why === StopReason.DEADLINE;
    const id = await submit(late ? { deadlineMs: clock.nowMs() + 500 } : {});
    const worker = connect(1);
    await worker.next();
    const { lease } = await worker.assigned();
    if (late) clock.advance(500);
    else await engine.cancel(id, "no longer needed");
    expect(await worker.next()).toMatchObject({
      case: "stop",
      value: { attempts: [{ reason: why }] },
    });
    clock.advance(999);
    worker.send({ case: "heartbeat", value: { leases: [lease] } });
    expect(await worker.next()).toMatchObject({ case: "heartbeatAck", value: { lost: [] } });
    clock.advance(1);
    expect(await worker.next()).toMatchObject({
      case: "stop",
      value: { attempts: [{ lease: { jobId: id }, reason: StopReason.LEASE_LOST }] },
    });
    expect((await engine.getJobs([id]))[0]?.state).toBe(end);
    worker.send({ case: "heartbeat", value: { leases: [lease] } });
    expect(await worker.next()).toMatchObject({ case: "heartbeatAck", value: { lost: [lease] } });
  },
);

test("sends payloads that are too large for one message in several", async () => {
  const { submit, connect } = await setup();
  const payloadJson = JSON.stringify({ a: "x".repeat(250_000) });
  for (let i = 0; i < 20; i += 1) await submit({ payloadJson });
  const worker = connect(20);
  await worker.next();
  const counts: number[] = [];
  while (counts.reduce((sum, count) => sum + count, 0) < 20) {
    const message = await worker.next();
    if (message?.case !== "assignments") throw new Error(`${message?.case}`);
    counts.push(message.value.assignments.length);
  }
  // A message of 3 MiB holds twelve of them.
  expect(counts).toEqual([12, 8]);
});

test("counts waits, durations and ends by queue and type, and a repeated end once", async () => {
  const { clock, metrics, submit, connect } = await setup();
  const worker = connect(0);
  await worker.next();
  await submit();
  clock.advance(2_000);
  worker.send({ case: "credit", value: { slots: 1 } });
  const { lease } = await worker.assigned();
  clock.advance(3_000);
  const outcome = { case: "completed" as const, value: { resultJson: "7" } };
  for (let i = 0; i < 2; i += 1) {
    worker.send({ case: "settle", value: { outcomes: [{ lease, outcome }] } });
    await worker.next();
  }
  const text = await metrics.registry.metrics();
  const labels = '{queue="documents",type="summarize"}';
  expect(text).toContain(
    'millrace_job_wait_seconds_sum{queue="documents",band="standard",limited="no"} 2\n',
  );
  expect(text).toContain(`millrace_job_duration_seconds_sum${labels} 3\n`);
  expect(text).toContain(`millrace_job_duration_seconds_count${labels} 1\n`);
  expect(text).toContain(`millrace_jobs_completed_total${labels} 1\n`);
});

test("tells a worker which of its queues are undefined, and serves them once they are defined", async () => {
  const { engine, clock, submit, connect } = await setup();
  const worker = connect(1, { queues: ["documents", "later"] });
  expect(await worker.next()).toMatchObject({
    case: "welcome",
    value: { undefinedQueues: ["later"] },
  });
  const later = "later" as QueueName;
  await engine.defineQueue({ name: later });
  clock.advance(1_000);
  const id = await submit({}, later);
  expect((await worker.assigned()).lease.jobId).toBe(id);
});

test("tells a worker which of its pools neither an account nor a route of a model names", async () => {
  const { engine, connect } = await setup();
  const pools = ["acme", "acme-mini", "acme-mistyped"];
  const hear = async (connection: number) =>
    (await connect(connection, { pools }).next()) as { readonly value: object };
  // Without models, a pool may have any name.
  expect((await hear(1)).value).toMatchObject({ unknownPools: [] });
  await engine.providerAccounts.put({ name: "acme" });
  await engine.models.put({ name: "mini", routes: [{ account: "acme-mini", model: "mini-1" }] });
  expect((await hear(2)).value).toMatchObject({ unknownPools: ["acme-mistyped"] });
});

test("shows when a worker was heard, and that it takes no more jobs", async () => {
  const { connect, connected, clock } = await setup();
  const worker = connect(1, { workerId: "w8", version: "build-7", slots: 4 });
  await worker.waits();
  const sinceMs = clock.nowMs();
  let changes = 0;
  connected.onChanged(() => {
    changes += 1;
  });
  clock.advance(5_000);
  await worker.heard();
  expect(connected.list()).toMatchObject([
    { sinceMs, heardMs: sinceMs + 5_000, version: "build-7", slots: 4, draining: false },
  ]);
  worker.send({ case: "draining", value: {} });
  await worker.heard();
  expect(connected.list()).toMatchObject([{ draining: true, freeSlots: 0 }]);
  worker.send({ case: "goodbye", value: {} });
  expect(await worker.next()).toBeUndefined();
  expect(connected.list()).toEqual([]);
  expect(changes).toBe(2);
});
