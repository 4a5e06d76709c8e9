/** Tests the output of workers that break the contract: what is stored of it, and what happens to their jobs. */
import { JobState } from "@millrace/proto/job";
import { WriteStatus } from "@millrace/proto/worker-service";
import { limits } from "@millrace/shared";
import { expect, test } from "vitest";
import { completed, type Output } from "./raw-worker.ts";
import { startWithoutWorkers } from "./worker-setup.ts";

const { setup } = await startWithoutWorkers();
const { STORED, LEASE_LOST, GAP, FULL } = WriteStatus;

test("output with a gap is requested again, and a repeated sequence is stored once, even with other text", async () => {
  const { queue, worker, submit, output } = await setup();
  const jobId = await submit();
  const holder = worker();
  await holder.hello(queue);
  const { lease } = await holder.take();
  expect(await holder.output(lease, 1, ["b"])).toMatchObject({ status: GAP, nextSequence: 0 });
  await holder.output(lease, 0, ["a", "b"]);
  expect(await holder.output(lease, 0, ["a", "b"])).toMatchObject({ nextSequence: 2 });
  expect(await holder.output(lease, 0, ["other", "b", "c"])).toMatchObject({ nextSequence: 3 });
  const last = 2 ** 32 - 1;
  expect(await holder.output(lease, last, ["x"])).toMatchObject({ status: GAP, nextSequence: 3 });
  await holder.settle(lease, completed(null));
  expect(await output(jobId)).toEqual(["a", "b", "c"]);
});

test("output over its limit is dropped, stored output stays readable, and the attempt may complete", async () => {
  const { queue, worker, submit, read, output } = await setup();
  const jobId = await submit();
  const holder = worker();
  await holder.hello(queue);
  const { lease } = await holder.take();
  const chunk = "x".repeat(limits.chunkBytes);
  const chunks = Array(32).fill(chunk);
  let sent = 0;
  let ack = await holder.output(lease, sent, chunks);
  while (ack.status === STORED) {
    sent = ack.nextSequence;
    ack = await holder.output(lease, sent, chunks);
  }
  expect(ack.status).toBe(FULL);
  // Each chunk costs a little more than its text.
  expect(ack.nextSequence).toBe(limits.outputBytes / limits.chunkBytes - 1);
  expect((await holder.output(lease, ack.nextSequence, ["y"])).status).toBe(STORED);
  expect((await holder.settle(lease, completed("done"))).status).toBe(STORED);
  expect(await read(jobId)).toMatchObject({ state: JobState.SUCCEEDED });
  expect(await output(jobId)).toHaveLength(ack.nextSequence + 1);
});

const text = (value: string) => ({ content: { case: "text" as const, value } });

test.each<[rule: string, reason: string, output: Output]>([
  ["chunks[1].content", "MALFORMED", { chunks: [text("a"), {}] }],
  ["chunks", "MALFORMED", { chunks: [] }],
  ["chunks", "MALFORMED", { chunks: Array(1_001).fill(text("a")) }],
  ["chunks[0].text", "TOO_LARGE", { chunks: [text("x".repeat(limits.chunkBytes + 1))] }],
  [
    "chunks[0].data",
    "TOO_LARGE",
    { chunks: [{ content: { case: "data", value: new Uint8Array(limits.chunkBytes + 1) } }] },
  ],
])(
  "output that breaks the rule of %s fails its job as %s, and no other job of the worker",
  async (rule, reason, wrongOutput) => {
    const { queue, worker, submit, read, output } = await setup();
    await submit();
    await submit();
    const holder = worker();
    await holder.hello(queue, { credit: 2 });
    const [wrong, right] = [await holder.take(), await holder.take()];
    const acks = await holder.outputs([
      { lease: right.lease, chunks: [text("a")] },
      { lease: wrong.lease, ...wrongOutput },
    ]);
    expect(acks).toMatchObject([
      { lease: { jobId: right.lease.jobId }, status: STORED, nextSequence: 1 },
      { lease: { jobId: wrong.lease.jobId }, status: LEASE_LOST },
    ]);
    const job = await read(wrong.lease.jobId);
    expect(job).toMatchObject({ state: JobState.FAILED, failure: { reason, retryable: false } });
    expect(job.failure?.message).toContain(`output that the worker sent breaks a rule: ${rule}: `);
    expect(await output(wrong.lease.jobId)).toEqual([]);
    // The stream and the other lease go on. The worker may send the wrong output again.
    expect(await holder.heartbeat([wrong.lease, right.lease])).toMatchObject([
      { jobId: wrong.lease.jobId },
    ]);
    expect(await holder.outputs([{ lease: wrong.lease, ...wrongOutput }])).toMatchObject([
      { status: LEASE_LOST },
    ]);
    expect(await holder.output(right.lease, 1, ["b"])).toMatchObject({ status: STORED });
    expect((await holder.settle(right.lease, completed("done"))).status).toBe(STORED);
    expect(await output(right.lease.jobId)).toEqual(["a", "b"]);
  },
);

test("wrong output of a lease that the worker does not hold changes nothing", async () => {
  const { queue, worker, submit, read } = await setup();
  const jobId = await submit();
  const holder = worker();
  await holder.hello(queue);
  const { lease } = await holder.take();
  const other = worker();
  await other.hello(queue, { workerId: "other" });
  const forged = { ...lease, fencingToken: lease.fencingToken + 1n };
  expect(await other.outputs([{ lease: forged, chunks: [{}] }])).toMatchObject([
    { status: LEASE_LOST },
  ]);
  expect(await read(jobId)).toMatchObject({ state: JobState.RUNNING });
});
