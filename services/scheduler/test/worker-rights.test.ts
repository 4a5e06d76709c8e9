/** What a worker may do: only to its own leases, and only what its token allows. */
import { WriteStatus } from "@millrace/proto/worker-service";
import type { QueueName } from "@millrace/shared";
import { expect, test } from "vitest";
import { setup } from "./work-setup.ts";

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
