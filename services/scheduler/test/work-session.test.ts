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

test("does not let a worker write to another worker's job, whatever token it makes up", async () => {
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
  // The token is right, but the worker that sends it does not serve the queue.
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

test("starts no cool-down for a refusal that a worker makes up for a lease that it does not hold", async () => {
  const { engine, submit, connect } = await setup();
  await engine.providerAccounts.put({ name: "openai" });
  const id = await submit({ pool: "openai" });
  const worker = connect(0);
  await worker.waits();
  const failure = { reason: "PROVIDER_ERROR", message: "429", retryable: true };
  const outcome = { case: "failed" as const, value: { failure, provider: { httpStatus: 429 } } };
  const lease = { jobId: id, fencingToken: 7n };
  worker.send({ case: "settle", value: { outcomes: [{ lease, outcome }] } });
  expect(await worker.next()).toMatchObject({
    case: "settleAcks",
    value: { acks: [{ status: WriteStatus.LEASE_LOST }] },
  });
  expect(await engine.providerAccounts.get("openai")).toMatchObject({ state: "CLOSED" });
});

test("accepts a worker only for the queues and pools of its token", async () => {
  const { engine, connect, connected } = await setup();
  await engine.defineQueue({ name: "images" as QueueName });
  const pass = { name: "gpu-team", queues: ["documents"], pools: ["gpu"] };
  const worker = connect(3, { workerId: "w7", pools: ["gpu"] }, pass);
  await worker.waits();
  expect(connected.list()).toMatchObject([
    {
      ...{ workerId: "w7", queues: ["documents"], pools: ["gpu"], tokenName: "gpu-team" },
      ...{ running: 0, freeSlots: 3, address: "10.0.0.7:4711", draining: false },
    },
  ]);
  for (const [hello, reported] of [
    [{ queues: ["documents", "images"] }, "may not serve the queues images"],
    [{ pools: ["gpu", "openai"] }, "may not serve the pools openai: it may serve gpu"],
  ] as const) {
    const refused = connect(1, { ...hello } as never, pass);
    await expect(refused.next()).rejects.toMatchObject({
      reason: "NOT_ALLOWED",
      message: expect.stringContaining(reported),
    });
  }
  worker.send({ case: "goodbye", value: {} });
  expect(await worker.next()).toBeUndefined();
  expect(connected.list()).toEqual([]);
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

const twoRoutes = [
  { account: "one", model: "one's name" },
  { account: "two", model: "two's name" },
] as const;

/** A worker of two accounts that has a job of a model, and answers its attempts as failed calls of a provider. */
async function routed(routes: readonly { readonly account: string; readonly model: string }[]) {
  const parts = await setup();
  const { engine, submit, connect } = parts;
  await engine.models.put({ name: "fast", routes });
  const id = await submit({ model: "fast" });
  const worker = connect(1, { pools: ["one", "two"] });
  await worker.next();
  const fail = async (
    lease: Awaited<ReturnType<typeof worker.assigned>>["lease"],
    provider: { readonly httpStatus: number; readonly quotaExhausted?: boolean },
    retryable: boolean,
  ) => {
    const failure = { reason: "PROVIDER_ERROR", message: "no", retryable };
    // A worker cannot report on an account that is not the lease's.
    const value = { failure, provider: { account: "another", ...provider } };
    const outcome = { case: "failed" as const, value };
    worker.send({ case: "settle", value: { outcomes: [{ lease, outcome }] } });
    const acked = await worker.next();
    worker.send({ case: "credit", value: { slots: 1 } });
    return acked;
  };
  return { ...parts, id, worker, fail };
}

test.each<[string, { httpStatus: number; quotaExhausted?: boolean }, boolean, number]>([
  ["refused for load", { httpStatus: 429 }, true, 1],
  ["out of quota", { httpStatus: 429, quotaExhausted: true }, false, 1],
  ["does not accept its key", { httpStatus: 401 }, false, 2],
])(
  "tries the next account of a job's model at once if the first one is %s",
  async (_, provider, retryable, attempt) => {
    const { engine, id, worker, fail } = await routed(twoRoutes);
    const first = await worker.assigned();
    expect(first).toMatchObject({
      account: "one",
      providerModel: "one's name",
      pool: "",
      attempt: 1,
    });
    await fail(first.lease, provider, retryable);
    const second = await worker.assigned();
    expect(second).toMatchObject({ account: "two", providerModel: "two's name", attempt });
    const [job] = await engine.getJobs([id]);
    expect(job).toMatchObject({ model: "fast", route: { account: "two", model: "two's name" } });
    expect(await engine.providerAccounts.get("another")).toBeUndefined();
  },
);

test("fails a job of a model at once if its only account does not accept its key", async () => {
  const { worker, fail } = await routed(twoRoutes.slice(0, 1));
  const { lease } = await worker.assigned();
  expect(await fail(lease, { httpStatus: 401 }, false)).toMatchObject({
    value: { acks: [{ status: WriteStatus.STORED, state: JobState.FAILED }] },
  });
});
