import { JobState } from "@millrace/proto/job";
import { StopReason, WriteStatus } from "@millrace/proto/worker-service";
import type { QueueName } from "@millrace/shared";
import { expect, test } from "vitest";
import { setup } from "./work-setup.ts";

test("a worker with credit is assigned a job, and its result is stored", async () => {
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

test("a retryable failure waits out its backoff and is assigned when credit is given", async () => {
  const { clock, submit, connect } = await setup();
  await submit();
  const worker = connect(1);
  await worker.next();
  const { lease } = await worker.assigned();
  const error = { reason: "PROVIDER_ERROR", message: "500", retryable: true };
  const outcome = { case: "failed" as const, value: { error } };
  worker.send({ case: "settle", value: { outcomes: [{ lease, outcome }] } });
  expect(await worker.next()).toMatchObject({
    value: { acks: [{ status: WriteStatus.STORED, state: JobState.SCHEDULED }] },
  });
  clock.advance(60_000);
  worker.send({ case: "credit", value: { slots: 1 } });
  expect((await worker.assigned()).attempt).toBe(2);
});

test("a cancel of a running job stops its attempt", async () => {
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

test("a worker that comes back keeps its lease, and a stale one is lost", async () => {
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

test("a scheduler that drains says so and ends the stream", async () => {
  const { connect } = await setup();
  const worker = connect(0);
  await worker.next();
  worker.drain.abort();
  expect((await worker.next())?.case).toBe("drain");
  expect(await worker.next()).toBeUndefined();
});

test("goodbye ends the stream", async () => {
  const { connect } = await setup();
  const worker = connect(0);
  await worker.next();
  worker.send({ case: "goodbye", value: {} });
  expect(await worker.next()).toBeUndefined();
});

test("output is stored once, and a gap says where to go on", async () => {
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

test("a job submitted while a worker has credit is assigned at once; one without is not", async () => {
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

test("an attempt is told to stop at its deadline, and ends as EXPIRED", async () => {
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
  "an attempt %s that does not stop loses its lease after the grace",
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

test("payloads that are too large for one message come in several", async () => {
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
  // 3 MiB hold twelve of them.
  expect(counts).toEqual([12, 8]);
});

test("waits, durations and ends are counted by queue and type, a repeated end once", async () => {
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
  expect(text).toContain(`millrace_job_wait_seconds_sum${labels} 2\n`);
  expect(text).toContain(`millrace_job_duration_seconds_sum${labels} 3\n`);
  expect(text).toContain(`millrace_job_duration_seconds_count${labels} 1\n`);
  expect(text).toContain(`millrace_jobs_completed_total${labels} 1\n`);
});

test("a worker is told which of its queues nobody has defined, and serves them once they are", async () => {
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

test("a worker cannot write to another worker's job, whatever token it makes up", async () => {
  const { engine, tokens, submit, connect } = await setup();
  const id = await submit();
  const victim = connect(1, { workerId: "victim" });
  await victim.next();
  const { lease } = await victim.assigned();
  const hostile = connect(0, { workerId: "hostile" });
  await hostile.waits();
  const tries = [1n, 2n, lease.fencingToken ^ 1n, lease.fencingToken + (1n << 40n)].map(
    (fencingToken) => ({ jobId: id, fencingToken }),
  );
  const completed = { case: "completed" as const, value: { resultJson: '"mine"' } };
  const outcomes = tries.map((made) => ({ lease: made, outcome: completed }));
  hostile.send({ case: "settle", value: { outcomes } });
  const lost = tries.map(() => ({ status: WriteStatus.LEASE_LOST }));
  expect(await hostile.next()).toMatchObject({ case: "settleAcks", value: { acks: lost } });
  hostile.send({ case: "heartbeat", value: { leases: tries } });
  expect(await hostile.next()).toMatchObject({ case: "heartbeatAck", value: { lost: tries } });
  // The right token, shown by a worker that does not serve the queue.
  await engine.defineQueue({ name: "images" as QueueName });
  const elsewhere = connect(0, { workerId: "elsewhere", queues: ["images"] });
  await elsewhere.waits();
  const known = tokens.seal({ jobId: id, token: 1 });
  expect(known).toEqual({ jobId: lease.jobId, fencingToken: lease.fencingToken });
  elsewhere.send({ case: "settle", value: { outcomes: [{ lease: known, outcome: completed }] } });
  expect(await elsewhere.next()).toMatchObject({
    case: "settleAcks",
    value: { acks: [{ status: WriteStatus.LEASE_LOST }] },
  });
  expect((await engine.getJobs([id]))[0]?.state).toBe("RUNNING");
});

test("a refusal that a worker makes up for a lease that it does not hold pauses no account", async () => {
  const { engine, submit, connect } = await setup();
  await engine.providerAccounts.put({ name: "openai" });
  const id = await submit({ pool: "openai" });
  const worker = connect(0);
  await worker.waits();
  const error = { reason: "PROVIDER_ERROR", message: "429", retryable: true };
  const outcome = { case: "failed" as const, value: { error, provider: { httpStatus: 429 } } };
  const lease = { jobId: id, fencingToken: 7n };
  worker.send({ case: "settle", value: { outcomes: [{ lease, outcome }] } });
  expect(await worker.next()).toMatchObject({
    case: "settleAcks",
    value: { acks: [{ status: WriteStatus.LEASE_LOST }] },
  });
  expect(await engine.providerAccounts.get("openai")).toMatchObject({ state: "CLOSED" });
});

test("a worker is let in for the queues and pools of its token alone", async () => {
  const { engine, connect, connected } = await setup();
  await engine.defineQueue({ name: "images" as QueueName });
  const pass = { name: "gpu-team", queues: ["documents"], pools: ["gpu"] };
  const worker = connect(3, { workerId: "w7", pools: ["gpu"] }, pass);
  await worker.waits();
  expect(connected.list()).toMatchObject([
    { hello: { workerId: "w7", queues: ["documents"], pools: ["gpu"] }, tokenName: "gpu-team" },
  ]);
  expect(connected.list()[0]?.slots()).toEqual({ running: 0, free: 3 });
  for (const [hello, told] of [
    [{ queues: ["documents", "images"] }, "may not serve the queues images"],
    [{ pools: ["gpu", "openai"] }, "may not serve the pools openai: it may serve gpu"],
  ] as const) {
    const refused = connect(1, { ...hello } as never, pass);
    await expect(refused.next()).rejects.toMatchObject({
      reason: "NOT_ALLOWED",
      message: expect.stringContaining(told),
    });
  }
  worker.send({ case: "goodbye", value: {} });
  expect(await worker.next()).toBeUndefined();
  expect(connected.list()).toEqual([]);
});
