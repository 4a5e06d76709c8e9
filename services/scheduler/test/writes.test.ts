import type { Engine, Settlement } from "@millrace/engine";
import { WriteStatus } from "@millrace/proto/worker-service";
import { expect, test } from "vitest";
import { queue, setup } from "./work-setup.ts";

/** Records how many items each call of the engine holds. */
function counted() {
  const calls = { append: [] as number[], settle: [] as number[] };
  const between = (engine: Engine): Engine => ({
    ...engine,
    append: (batches) => {
      calls.append.push(batches.length);
      return engine.append(batches);
    },
    settle: (settlements) => {
      calls.settle.push(settlements.length);
      return engine.settle(settlements);
    },
  });
  return { calls, between };
}

test("settles attempts of two workers in one call, where a stale one fails alone", async () => {
  const { calls, between } = counted();
  const { engine, submit, writes } = await setup(between);
  const ids = [await submit(), await submit()];
  const { leases } = await engine.lease({ queue, count: 2, leaseMs: 1_000, workerId: "w" });
  const [good, other] = leases;
  if (good === undefined || other === undefined) throw new Error("no two leases");
  const complete = (lease: { jobId: typeof good.jobId; token: number }): Settlement => ({
    ...{ jobId: lease.jobId, token: lease.token, kind: "complete", resultJson: "1" },
  });
  const outcomes = await Promise.all([
    writes.settle([{ settlement: complete(good), job: good.job }]),
    writes.settle([{ settlement: complete({ ...other, token: 7 }), job: undefined }]),
  ]);
  expect(calls.settle).toEqual([2]);
  expect(outcomes.flat().map(({ kind }) => kind)).toEqual(["settled", "leaseLost"]);
  expect((await engine.getJobs(ids)).map((job) => job?.state)).toEqual(["SUCCEEDED", "RUNNING"]);
});

test("fails the job of an attempt whose end cannot be stored, with the reason", async () => {
  const { engine, submit, writes } = await setup();
  await submit();
  const { leases } = await engine.lease({ queue, count: 1, leaseMs: 1_000, workerId: "w" });
  const [held] = leases;
  if (held === undefined) throw new Error("no lease");
  const { jobId, token, job } = held;
  const usage = { inputTokens: Number.NaN, outputTokens: 0, providerCalls: 1 };
  const settlement: Settlement = { jobId, token, kind: "complete", resultJson: "1", usage };
  expect(await writes.settle([{ settlement, job }])).toEqual([
    { kind: "settled", state: "FAILED" },
  ]);
  const [record] = await engine.getJobs([jobId]);
  expect(record?.failure).toMatchObject({ reason: "MALFORMED", retryable: false });
  expect(record?.failure?.message).toContain("usage");
});

test("stores output and outcome that are sent without waiting in that order", async () => {
  const { engine, submit, connect } = await setup();
  const id = await submit();
  const worker = connect(1);
  await worker.next();
  const { lease } = await worker.assigned();
  const chunk = (value: string) => ({ content: { case: "text" as const, value } });
  const chunks = Array.from({ length: 5 }, (_, index) => chunk(`${index}`));
  for (const [firstSequence, one] of chunks.entries()) {
    worker.send({ case: "output", value: { attempts: [{ lease, firstSequence, chunks: [one] }] } });
  }
  const outcome = { case: "completed" as const, value: { resultJson: "7" } };
  worker.send({ case: "settle", value: { outcomes: [{ lease, outcome }] } });
  for (const [at] of chunks.entries()) {
    expect(await worker.next()).toMatchObject({
      value: { acks: [{ status: WriteStatus.STORED, nextSequence: at + 1 }] },
    });
  }
  expect(await worker.next()).toMatchObject({ value: { acks: [{ status: WriteStatus.STORED }] } });
  const read = await engine.readOutput(id, 0, 10, 1_000);
  expect(read.kind === "chunks" && read.chunks.map(({ body }) => `${body}`).join("")).toBe("01234");
  expect((await engine.getJobs([id]))[0]?.state).toBe("SUCCEEDED");
});

test("stops reading from a worker that does not read its answers", async () => {
  const { calls, between } = counted();
  const { submit, connect } = await setup(between);
  await submit();
  const worker = connect(1);
  await worker.next();
  const { lease } = await worker.assigned();
  const chunks = [{ content: { case: "text" as const, value: "a" } }];
  for (let firstSequence = 0; firstSequence < 5; firstSequence += 1) {
    worker.send({ case: "output", value: { attempts: [{ lease, firstSequence, chunks }] } });
  }
  // The store gets the next write only after the answer to the last one has been taken.
  for (let answers = 1; answers <= 5; answers += 1) {
    expect((await worker.next())?.case).toBe("outputAcks");
    expect(calls.append).toHaveLength(answers);
  }
});

test("sends much output of one worker to the store in small groups", async () => {
  const { calls, between } = counted();
  const { engine, submit, connect } = await setup(between);
  for (let i = 0; i < 8; i += 1) await submit();
  const worker = connect(8);
  await worker.next();
  const leases = (await worker.assignedAll()).map(({ lease }) => lease);
  const chunks = [{ content: { case: "text" as const, value: "x".repeat(60_000) } }];
  const attempts = leases.map((lease) => ({ lease, firstSequence: 0, chunks }));
  worker.send({ case: "output", value: { attempts } });
  const answer = await worker.next();
  expect(answer?.case === "outputAcks" && answer.value.acks.map(({ status }) => status)).toEqual(
    leases.map(() => WriteStatus.STORED),
  );
  expect(calls.append).toEqual([4, 4]);
  expect((await engine.stats(queue)).running).toBe(8);
});
