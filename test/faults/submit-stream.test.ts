/** Tests SubmitStream through a whole Millrace, with callers that keep the rules, and callers that do not. */
import { status } from "@grpc/grpc-js";
import { JobState } from "@millrace/proto/job";
import { expect, test } from "vitest";
import { adminOf, callerAt, startForTest, untilMetric } from "./setup.ts";
import { callerOf, gates, type Message, range, Stream, setup } from "./submit-stream-setup.ts";

/** A time limit for tests that move a hundred megabytes on a busy machine. */
const SLOW_MS = 180_000;

test("each of 10,000 jobs is answered once and reported once when finished, and the stream ends", async () => {
  const { open, streamed } = await setup(async () => ({ ok: true }));
  const stream = open({ notifyFinished: true });
  for (let from = 0; from < 10_000; from += 1_000) {
    await stream.write({ jobs: range(1_000, from).map((n) => streamed(n)) } as Message);
  }
  stream.end();
  expect(await stream.ended).toBeUndefined();
  expect(stream.answers.size).toBe(10_000);
  const ids = [...stream.answers.keys()].map((n) => stream.answer(n) as { jobId: string });
  expect(stream.order).toHaveLength(20_000);
  const finishedIds = stream.finished.map(({ id }) => id);
  expect(new Set(finishedIds)).toEqual(new Set(ids.map(({ jobId }) => jobId)));
  expect(stream.finished[0]).toMatchObject({
    ...{ state: JobState.SUCCEEDED, resultJson: '{"ok":true}', payloadJson: "", type: "test" },
  });
});

test("only the bad jobs of a message are refused", async () => {
  const { open, streamed, queue } = await setup();
  const stream = open();
  const doc = "doc_01JDXW5T5Q6M3C9N2V8K4H7R1B";
  await stream.write({
    jobs: [
      streamed(1),
      streamed(2, { queue: "NO" }),
      { sequence: 3n },
      streamed(4, { payload: { case: "payloadJson", value: "[]" } }),
      streamed(5, { type: "other" }),
      streamed(6, { queue: "nowhere" }),
      streamed(7, { documentIds: [doc] }),
      streamed(8, { payload: { case: "payloadJson", value: `{"a":"${"x".repeat(262_144)}"}` } }),
      streamed(9, { priority: 101 }),
      streamed(10),
    ],
  } as Message);
  stream.end();
  expect(await stream.ended).toBeUndefined();
  expect(stream.answer(2)).toMatchObject({ reason: "MALFORMED", violations: [{ field: "queue" }] });
  expect(stream.answer(3)).toMatchObject({ reason: "MALFORMED", violations: [{ field: "job" }] });
  expect(stream.answer(4)).toMatchObject({ violations: [{ field: "payload" }] });
  expect(stream.answer(5)).toMatchObject({ reason: "UNKNOWN_JOB_TYPE" });
  expect(stream.answer(6)).toMatchObject({ reason: "QUEUE_NOT_FOUND" });
  expect(stream.answer(7)).toMatchObject({ reason: "DOCUMENT_NOT_FOUND" });
  expect(stream.answer(8)).toMatchObject({ violations: [{ field: "payload_json" }] });
  expect(stream.answer(9)).toMatchObject({ violations: [{ field: "priority" }] });
  for (const n of [1, 10]) {
    expect(stream.answer(n)).toEqual({ jobId: expect.stringContaining(`${queue}~`) });
  }
});

test("a sequence number is refused while its job is unanswered, and may be used again afterwards", async () => {
  const { open, streamed } = await setup();
  const stream = open();
  await stream.write({ jobs: [streamed(1), streamed(1)] } as Message);
  await stream.until(() => stream.answers.get(1)?.length === 2);
  const cases = stream.answers.get(1)?.map(({ result }) => result.case);
  expect(cases?.toSorted()).toEqual(["error", "jobId"]);
  await stream.write({ jobs: [streamed(1)] } as Message);
  stream.end();
  expect(await stream.ended).toBeUndefined();
  expect(stream.answer(1)).toHaveProperty("jobId");
});

test("1,000 jobs in a message are accepted, and one more ends the stream after the accepted ones are answered", async () => {
  const { open, streamed } = await setup();
  const stream = open();
  await stream.write({ jobs: range(1_000).map((n) => streamed(n)) } as Message);
  await stream.write({ jobs: range(1_001, 1_000).map((n) => streamed(n)) } as Message);
  expect(await stream.ended).toMatchObject({ code: status.INVALID_ARGUMENT, reason: "MALFORMED" });
  expect(stream.answers.size).toBe(1_000);
});

test("earlier jobs are reported too, and unknown jobs or jobs of another key are reported as gone", async () => {
  const { executor, payload, release } = gates();
  const { open, streamed, caller } = await setup(executor);
  const { caller: other, queue: theirs } = await setup();
  const { job: foreign } = await other.jobs.submitJob({ job: { queue: theirs, type: "test" } });
  const first = open();
  await first.write({ jobs: [streamed(1, payload(1)), streamed(2, payload(2))] } as Message);
  first.end();
  await first.ended;
  const [one, two] = [1, 2].map((n) => (first.answer(n) as { jobId: string }).jobId);
  release(1);
  await caller.jobs.getJob({ jobId: one ?? "", wait: { seconds: 60n } });

  const again = open({ notifyJobIds: [one ?? "", two ?? "", foreign?.id ?? "", "what?"] });
  await again.until(() => again.finished.length === 1 && again.gone.length === 2);
  expect(again.gone.toSorted()).toEqual([foreign?.id, "what?"].toSorted());
  release(2);
  again.end();
  expect(await again.ended).toBeUndefined();
  expect(again.finished.map(({ id }) => id)).toEqual([one, two]);
});

test("reports of many jobs with the longest labels fit into messages", async () => {
  const { open, streamed } = await setup(async () => null);
  const label = (i: number) => [`l${i}`.padEnd(63, "x"), "\u{1f422}".repeat(255)];
  const labels = Object.fromEntries(Array.from({ length: 16 }, (_, i) => label(i)));
  const first = open({ notifyFinished: true });
  for (let from = 0; from < 300; from += 100) {
    const jobs = Array.from({ length: 100 }, (_, i) => streamed(from + i, { labels }));
    await first.write({ jobs } as Message);
  }
  first.end();
  expect(await first.ended).toBeUndefined();
  const notifyJobIds = first.finished.map(({ id }) => id);
  expect(notifyJobIds).toHaveLength(300);
  // All jobs have finished by now and are reported together.
  const again = open({ notifyJobIds });
  again.end();
  expect(await again.ended).toBeUndefined();
  expect(again.finished.map(({ id }) => id).toSorted()).toEqual(notifyJobIds.toSorted());
});

test("a repeated idempotency key is answered with the existing job, whose end is reported once", async () => {
  const { executor, payload, release } = gates();
  const { open, streamed } = await setup(executor);
  const stream = open({ notifyFinished: true });
  const keyed = (n: number) => streamed(n, { idempotencyKey: "once", ...payload(1) });
  await stream.write({ jobs: [keyed(1), keyed(2)] } as Message);
  await stream.until(() => stream.answers.size === 2);
  expect(stream.answer(1)).toEqual(stream.answer(2));
  expect(
    [...stream.answers.values()]
      .flat()
      .map(({ existing }) => existing)
      .toSorted(),
  ).toEqual([...[false, true]]);
  release(1);
  stream.end();
  expect(await stream.ended).toBeUndefined();
  expect(stream.finished).toHaveLength(1);
});

test(
  "a caller that does not read for a while costs its gateway little memory, and misses nothing",
  async () => {
    // A gateway that kept all 240 MB of results would run out of memory. A smaller heap would make the gateway
    // collect garbage all the time and answer too late.
    const { system } = await startForTest({
      workers: 0,
      settings: { gateway: { NODE_OPTIONS: "--max-old-space-size=192" } },
    });
    const result = "x".repeat(1_000_000);
    const { open, streamed, queue } = await callerOf(system, async () => result);
    const stream = open({ notifyFinished: true });
    stream.pause();
    await stream.write({ jobs: range(240).map((n) => streamed(n)) } as Message);
    stream.end();
    const [scheduler] = system.schedulers;
    await untilMetric((value) => value === 240, scheduler, "millrace_jobs_completed_total", {
      queue,
    });
    await untilMetric((value) => value === 0, system.gateways[0], "millrace_awaited_jobs");
    stream.resume();
    expect(await stream.ended).toBeUndefined();
    expect(new Set(stream.finished.map(({ id }) => id)).size).toBe(240);
    expect(stream.finished.every((job) => job.resultJson === JSON.stringify(result))).toBe(true);
  },
  SLOW_MS,
);

test("a caller that disconnects leaves no wait behind", async () => {
  const { executor, payload } = gates();
  const { open, streamed, system } = await setup(executor);
  const stream = open({ notifyFinished: true });
  await stream.write({ jobs: range(500).map((n) => streamed(n, payload(n))) } as Message);
  await stream.until(() => stream.answers.size === 500);
  const [gateway] = system.gateways;
  const [scheduler] = system.schedulers;
  await untilMetric((value) => value === 500, scheduler, "millrace_awaited_jobs");
  stream.leave();
  await untilMetric((value) => value === 0, gateway, "millrace_awaited_jobs");
  await untilMetric((value) => value === 0, scheduler, "millrace_awaited_jobs");
});

test("an unknown key is refused, and a revoked key ends its stream", async () => {
  const { system } = await startForTest({
    workers: 0,
    settings: { gateway: { MILLRACE_KEY_CACHE_MS: "0" } },
  });
  const { caller, open, streamed } = await callerOf(system);
  const nobody = callerAt(system.gatewayTarget(), `mr_nobody_${"0".repeat(32)}`);
  expect(await new Stream(nobody, {}).ended).toMatchObject({ reason: "UNAUTHENTICATED" });
  const stream = open();
  await stream.write({ jobs: [streamed(1)] } as Message);
  await stream.until(() => stream.answers.size === 1);
  await adminOf(system).revokeApiKey({ keyId: caller.keyId });
  await stream.write({ jobs: [streamed(2)] } as Message);
  expect(await stream.ended).toMatchObject({ reason: "UNAUTHENTICATED" });
  expect([...stream.answers.keys()]).toEqual([1]);
});
