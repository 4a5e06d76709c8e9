/** Tests workers that break the contract: what they are told, and what happens to the jobs that they hold. */
import { create, toBinary } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import { JobState } from "@millrace/proto/job";
import {
  HelloSchema,
  type LeaseRef,
  WorkerService,
  WorkRequestSchema,
  WriteStatus,
} from "@millrace/proto/worker-service";
import { limits } from "@millrace/shared";
import { expect, test } from "vitest";
import { sendBytes } from "./raw-call.ts";
import { completed, failed, type Outcome } from "./raw-worker.ts";
import { metric } from "./setup.ts";
import { startWithoutWorkers } from "./worker-setup.ts";

const { system, setup } = await startWithoutWorkers();

const malformed = { code: status.INVALID_ARGUMENT, reason: "MALFORMED" };
const { STORED, LEASE_LOST } = WriteStatus;

test("bytes that are not a message end the stream as MALFORMED", async () => {
  const garbage = Buffer.from([0xff, 0xff, 0xff]);
  const { work } = WorkerService.method;
  expect(await sendBytes(system.workerTarget, work, [garbage])).toMatchObject(malformed);
  const hello = create(HelloSchema, { workerId: "raw", queues: ["documents"] });
  const first = create(WorkRequestSchema, { message: { case: "hello", value: hello } });
  const bytes = toBinary(WorkRequestSchema, first);
  expect(await sendBytes(system.workerTarget, work, [bytes, garbage])).toMatchObject(malformed);
});

test("a message before hello, a second hello and a worker without a name are MALFORMED", async () => {
  const { queue, worker } = await setup();
  const credit = worker();
  await credit.send({ case: "credit", value: { slots: 1 } });
  expect(await credit.ended).toMatchObject(malformed);
  const empty = worker();
  await empty.send({ case: undefined });
  expect(await empty.ended).toMatchObject(malformed);
  const twice = worker();
  await twice.hello(queue);
  await twice.send({ case: "hello", value: { workerId: "raw", queues: [queue] } });
  expect(await twice.ended).toMatchObject(malformed);
  const nameless = worker();
  await nameless.send({ case: "hello", value: { workerId: "", queues: [queue] } });
  const fault = await nameless.ended;
  expect(fault).toMatchObject(malformed);
  expect(fault?.violations.map(({ field }) => field)).toEqual(["hello.worker_id"]);
});

test("a worker whose stream ended for garbage or a large message comes back to its lease", async () => {
  const { queue, worker, submit, read, output } = await setup();
  const jobId = await submit();
  let holder = worker();
  await holder.hello(queue);
  const { lease } = await holder.take();
  await holder.output(lease, 0, ["a"]);
  // Each outcome is within its limit, but together they exceed the limit of a message.
  const outcome = { lease, outcome: completed("x".repeat(limits.resultBytes - 2)) };
  const wrongs = [
    { case: "credit" as const, value: { slots: 0 } },
    { case: "settle" as const, value: { outcomes: Array(5).fill(outcome) } },
  ];
  const codes = [];
  for (const wrong of wrongs) {
    await holder.send(wrong);
    codes.push((await holder.ended)?.code);
    holder = worker();
    const { leases } = await holder.hello(queue, { leases: [lease], credit: 0 });
    expect(leases).toMatchObject([{ held: true, nextSequence: 1 }]);
  }
  expect(codes).toEqual([status.INVALID_ARGUMENT, status.RESOURCE_EXHAUSTED]);
  await holder.output(lease, 1, ["b"]);
  await holder.settle(lease, completed("done"));
  expect(await read(jobId)).toMatchObject({ state: JobState.SUCCEEDED, attempt: 1, stalls: 0 });
  expect(await output(jobId)).toEqual(["a", "b"]);
});

test("a lease that does not exist can write nothing", async () => {
  const { queue, worker, submit, read } = await setup();
  const jobId = await submit();
  const holder = worker();
  await holder.hello(queue);
  const { lease } = await holder.take();
  const token = lease.fencingToken;
  const never = jobId.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  const wrong: LeaseRef[] = [
    { ...lease, fencingToken: token + 1n },
    { ...lease, fencingToken: 2n ** 64n - 1n },
    { ...lease, jobId: never },
    { ...lease, jobId: jobId.replace(queue, "nowhere") },
  ];
  const other = worker();
  const { leases } = await other.hello(queue, { leases: wrong, credit: 0 });
  expect(leases.map(({ held }) => held)).toEqual([false, false, false, false]);
  expect(await other.heartbeat([...wrong, lease])).toEqual(wrong);
  for (const stale of wrong) {
    expect((await other.output(stale, 0, ["x"])).status).toBe(LEASE_LOST);
    for (const outcome of [completed("stolen"), failed("X", false), failed("X", true)]) {
      expect((await other.settle(stale, outcome)).status).toBe(LEASE_LOST);
    }
  }
  await holder.settle(lease, completed("own"));
  expect(await read(jobId)).toMatchObject({ state: JobState.SUCCEEDED, outputOffset: 0n });
  expect((await read(jobId)).resultJson).toBe('"own"');
});

test("only the first completion of an attempt counts, and a repeat is accepted", async () => {
  const { queue, worker, submit, read } = await setup();
  const jobId = await submit();
  const holder = worker();
  await holder.hello(queue);
  const { lease } = await holder.take();
  const stored = { status: STORED, state: JobState.SUCCEEDED };
  expect(await holder.settle(lease, completed(1))).toMatchObject(stored);
  expect(await holder.settle(lease, completed(1))).toMatchObject(stored);
  for (const other of [completed(2), failed("LATE", false), failed("LATE", true)]) {
    // The answer reports the state that the job has.
    expect((await holder.settle(lease, other)).state).not.toBe(JobState.FAILED);
  }
  const both = [completed(3), completed(4)].map((outcome) => ({ lease, outcome }));
  await holder.send({ case: "settle", value: { outcomes: both } });
  expect(await read(jobId)).toMatchObject({ state: JobState.SUCCEEDED, resultJson: "1" });
  expect((await read(jobId)).failure).toBeUndefined();
});

test("two completions in one message count once", async () => {
  const { queue, worker, submit, read } = await setup();
  const jobId = await submit();
  const holder = worker();
  await holder.hello(queue);
  const { lease } = await holder.take();
  const completions = await metric(system.schedulers[0], "millrace_jobs_completed_total", {
    queue,
  });
  expect(completions).toBe(0);
  const outcomes = [completed("a"), completed("b")].map((outcome) => ({ lease, outcome }));
  await holder.send({ case: "settle", value: { outcomes } });
  const acks = await holder.heard.until(({ case: is }) => is === "settleAcks");
  expect(acks.value).toMatchObject({ acks: [{ status: STORED }, { status: STORED }] });
  expect((await read(jobId)).resultJson).toBe('"a"');
  expect(await metric(system.schedulers[0], "millrace_jobs_completed_total", { queue })).toBe(1);
});

test("a failed attempt can neither complete nor write, and the next attempt is not disturbed", async () => {
  const { queue, worker, submit, read, output } = await setup();
  const jobId = await submit({ retry: { initialBackoff: { nanos: 0 } } });
  const holder = worker();
  await holder.hello(queue);
  const first = await holder.take();
  await holder.output(first.lease, 0, ["first"]);
  expect(await holder.settle(first.lease, failed("PASSING", true))).toMatchObject({
    ...{ status: STORED, state: JobState.QUEUED },
  });
  expect((await holder.settle(first.lease, completed("late"))).status).toBe(LEASE_LOST);
  await holder.send({ case: "credit", value: { slots: 1 } });
  const second = await holder.take();
  expect(second.attempt).toBe(2);
  expect((await holder.output(first.lease, 1, ["late"])).status).toBe(LEASE_LOST);
  expect((await holder.settle(first.lease, completed("late"))).status).toBe(LEASE_LOST);
  await holder.output(second.lease, 0, ["second"]);
  await holder.settle(second.lease, completed("second"));
  expect((await holder.output(second.lease, 1, ["late"])).status).toBe(LEASE_LOST);
  expect((await read(jobId)).resultJson).toBe('"second"');
  expect(await output(jobId)).toEqual(["first", "<reset>", "second"]);
});

test("a result that is not JSON fails its job as MALFORMED", async () => {
  const { queue, worker, submit, read } = await setup();
  const jobId = await submit();
  const holder = worker();
  await holder.hello(queue);
  const { lease } = await holder.take();
  await holder.settle(lease, { case: "completed", value: { resultJson: "{not json" } });
  const { state, failure, resultJson } = await read(jobId);
  expect({ state, resultJson }).toEqual({ state: JobState.FAILED, resultJson: "" });
  expect(failure).toMatchObject({ reason: "MALFORMED", retryable: false });
});

test("a long failure message is cut, and an invalid reason is replaced", async () => {
  const { queue, jobs, worker, submit, read } = await setup();
  const jobId = await submit();
  const holder = worker();
  await holder.hello(queue);
  const { lease } = await holder.take();
  const failure = { reason: "no reason", message: "m".repeat(3_000_000), retryable: false };
  await holder.settle(lease, { case: "failed", value: { failure } });
  const job = await read(jobId);
  expect(job).toMatchObject({ state: JobState.FAILED, failure: { reason: "EXECUTOR_FAILED" } });
  expect(job.failure?.message).toHaveLength(limits.errorMessageChars);
  expect((await jobs.listJobs({ queue })).jobs).toHaveLength(1);
});

test("a result is accepted up to 1 MiB, and a longer one fails its job alone", async () => {
  const { queue, worker, submit, read } = await setup();
  const jobs = [await submit(), await submit()];
  const holder = worker();
  await holder.hello(queue, { credit: 2 });
  const [first, second] = [await holder.take(), await holder.take()];
  const over = completed("x".repeat(limits.resultBytes - 1));
  const most = completed("x".repeat(limits.resultBytes - 2));
  expect((await holder.settle(first.lease, over)).status).toBe(STORED);
  expect((await holder.settle(second.lease, most)).status).toBe(STORED);
  expect(jobs).toEqual([first.lease.jobId, second.lease.jobId]);
  expect(await read(first.lease.jobId)).toMatchObject({
    ...{ state: JobState.FAILED, resultJson: "" },
    failure: { reason: "TOO_LARGE", retryable: false },
  });
  expect((await read(second.lease.jobId)).resultJson).toHaveLength(limits.resultBytes);
});

const provider = (httpStatus: number) => ({ account: "a", httpStatus, quotaExhausted: false });
const failure = { reason: "PROVIDER_ERROR", message: "late", retryable: true };

test.each<[field: string, outcome: Outcome, usage?: { inputTokens: bigint }]>([
  ["failed.provider.http_status", { case: "failed", value: { failure, provider: provider(600) } }],
  [
    "failed.provider.account",
    { case: "failed", value: { failure, provider: { account: "a".repeat(64) } } },
  ],
  [
    "failed.provider.rate_limit_headers",
    {
      case: "failed",
      value: {
        failure,
        provider: {
          rateLimitHeaders: Object.fromEntries([..."x".repeat(33)].map((_, i) => [i, "1"])),
        },
      },
    },
  ],
  ["failed.retry_after", { case: "failed", value: { failure, retryAfter: { seconds: 86_401n } } }],
  [
    "failed.failure.details_json",
    {
      case: "failed",
      value: { failure: { ...failure, detailsJson: `{"a":"${"x".repeat(2_048)}"}` } },
    },
  ],
  ["failed.failure", { case: "failed", value: {} }],
  ["handed_back.reason", { case: "handedBack", value: { reason: "r".repeat(256) } }],
  ["usage.input_tokens", completed(1), { inputTokens: 1_000_000_001n }],
  ["outcome", { case: undefined }],
])(
  "an outcome that breaks the rule of %s fails its attempt with a reason, and no other",
  async (field, outcome, usage) => {
    const { queue, worker, submit, read } = await setup();
    await submit({ retry: { maxAttempts: 1 } });
    await submit();
    const holder = worker();
    await holder.hello(queue, { credit: 2 });
    const [wrong, right] = [await holder.take(), await holder.take()];
    const outcomes = [
      { lease: wrong.lease, outcome, ...(usage && { usage }) },
      { lease: right.lease, outcome: completed("done") },
    ];
    await holder.send({ case: "settle", value: { outcomes } });
    const acks = await holder.heard.until(({ case: is }) => is === "settleAcks");
    expect(acks.value).toMatchObject({ acks: [{ status: STORED }, { status: STORED }] });
    const job = await read(wrong.lease.jobId);
    expect(job.state).toBe(JobState.FAILED);
    expect(job.failure?.message).toContain(`breaks a rule: ${field}: `);
    expect(job.failure?.reason).toBe(field.endsWith("details_json") ? "TOO_LARGE" : "MALFORMED");
    expect((await read(right.lease.jobId)).state).toBe(JobState.SUCCEEDED);
  },
);

test.each([599, 600])(
  "a failure with the status %d is tried again as its worker says",
  async (httpStatus) => {
    const { queue, worker, submit } = await setup();
    await submit({ retry: { initialBackoff: { nanos: 0 } } });
    const holder = worker();
    await holder.hello(queue);
    const { lease } = await holder.take();
    const value = { failure, provider: provider(httpStatus) };
    expect(await holder.settle(lease, { case: "failed", value })).toMatchObject({
      ...{ status: STORED, state: JobState.QUEUED },
    });
  },
);

test("a job that was on its way to a worker that said goodbye goes back at once, and spends no attempt", async () => {
  const { queue, worker, submit, read } = await setup();
  const leaving = worker();
  await leaving.hello(queue);
  const jobId = await submit();
  // The worker has read the assignment, but had said goodbye before.
  await leaving.take();
  await leaving.send({ case: "goodbye", value: {} });
  expect(await leaving.ended).toBeUndefined();
  const next = worker();
  await next.hello(queue);
  const { lease, attempt } = await next.take();
  expect({ jobId: lease.jobId, attempt }).toEqual({ jobId, attempt: 1 });
  await next.settle(lease, completed("1"));
  expect(await read(jobId)).toMatchObject({ state: JobState.SUCCEEDED, attempt: 1, stalls: 0 });
});

test("a worker that offers more slots than there are jobs gets each job once", async () => {
  const { queue, worker, submit } = await setup();
  const ids = await Promise.all(Array.from({ length: 50 }, () => submit()));
  const greedy = worker();
  await greedy.hello(queue, { credit: 10_000 });
  for (let i = 0; i < 10; i += 1) {
    await greedy.send({ case: "credit", value: { slots: 10_000 } });
  }
  const taken = [];
  for (let i = 0; i < 50; i += 1) taken.push((await greedy.take()).lease.jobId);
  expect(taken.sort()).toEqual(ids.sort());
});
