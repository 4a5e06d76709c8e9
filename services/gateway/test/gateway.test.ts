import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { JobSpecSchema, JobState } from "@millrace/proto/job";
import { fromRpcStatus } from "@millrace/runtime";
import { systemClock } from "@millrace/shared";
import { ManualClock } from "@millrace/testing";
import { expect, test } from "vitest";
import { job, other, secret, startGateway } from "./gateway-setup.ts";

test("submits a job under the caller's key, and reads it back", async () => {
  const { ours } = await startGateway();
  const payload = { case: "payloadStruct" as const, value: { a: 1 } };
  const { job: accepted } = await ours.jobs.submitJob({ job: { ...job, payload } });
  expect(accepted?.id).toMatch(/^documents~ours~/);
  expect(accepted?.payloadJson).toBe('{"a":1}');
  const { job: read } = await ours.jobs.getJob({ jobId: accepted?.id ?? "" });
  expect(read).toEqual(accepted);
  expect((await ours.jobs.listJobs({ queue: "documents" })).jobs).toHaveLength(1);
  const { job: cancelled } = await ours.jobs.cancelJob({ jobId: accepted?.id ?? "" });
  expect(cancelled?.state).toBe(JobState.CANCELLED);
});

test.each(["", "mr_ours", `mr_ours_${other}`, `mr_nobody_${secret}`])(
  "refuses the key %j",
  async (token) => {
    const { as } = await startGateway();
    await expect(as(token).jobs.submitJob({ job })).rejects.toMatchObject({
      reason: "UNAUTHENTICATED",
    });
  },
);

test("asks the scheduler once about a known key", async () => {
  const { ours, double } = await startGateway();
  await ours.jobs.submitJob({ job });
  await ours.jobs.submitJob({ job });
  expect(double.asked.filter((call) => call === "authenticate")).toHaveLength(1);
});

test("does not find another key's job, and does not ask the scheduler", async () => {
  const { ours, theirs, double } = await startGateway();
  const jobId = (await ours.jobs.submitJob({ job })).job?.id ?? "";
  const before = double.asked.filter((call) => call === "getJobs").length;
  const notFound = { reason: "JOB_NOT_FOUND" };
  await expect(theirs.jobs.getJob({ jobId })).rejects.toMatchObject(notFound);
  await expect(theirs.jobs.cancelJob({ jobId })).rejects.toMatchObject(notFound);
  await expect(
    theirs.jobs.watchJob({ jobId })[Symbol.asyncIterator]().next(),
  ).rejects.toMatchObject(notFound);
  expect(double.asked.filter((call) => call === "getJobs")).toHaveLength(before);
});

test("accepts the valid jobs of a call that also contains an invalid one", async () => {
  const { ours, double } = await startGateway();
  const payload = { case: "payloadJson" as const, value: "[]" };
  const documentIds = ["doc_01JDXW5T5Q6M3C9N2V8K4H7R1B"];
  const { results } = await ours.jobs.submitJobs({
    jobs: [job, { ...job, queue: "NO" }, { ...job, payload }, { ...job, documentIds }, job],
  });
  expect(results.map(({ result }) => result.case)).toEqual([
    "jobId",
    "error",
    "error",
    "error",
    "jobId",
  ]);
  expect(double.groups.reduce((sum, size) => sum + size, 0)).toBe(2);
});

test("accepts a payload of 256 KiB, and not one byte more", async () => {
  const { ours } = await startGateway();
  const jobOf = (bytes: number) => ({
    ...job,
    payload: { case: "payloadJson" as const, value: JSON.stringify({ a: "x".repeat(bytes - 8) }) },
  });
  const { results } = await ours.jobs.submitJobs({ jobs: [jobOf(262_144), jobOf(262_145)] });
  expect(results.map(({ result }) => result.case)).toEqual(["jobId", "error"]);
});

test("accepts a start 366 days ahead, and not a millisecond later", async () => {
  const { submit } = await startGateway(new ManualClock(1_764_000_000_000));
  const startingIn = (ms: number) =>
    submit(create(JobSpecSchema, { ...job, runAt: timestampFromMs(1_764_000_000_000 + ms) }));
  const year = 366 * 24 * 3_600_000;
  expect((await startingIn(year))[0]?.case).toBe("jobId");
  const [result] = await startingIn(year + 1);
  expect(result?.case === "error" && fromRpcStatus(result.value)).toMatchObject({
    reason: "MALFORMED",
    violations: [{ field: "run_at" }],
  });
});

test("does not combine large jobs that arrive together into a message that the scheduler refuses", async () => {
  const { submit, double } = await startGateway();
  const value = JSON.stringify({ a: "x".repeat(250_000) });
  const large = create(JobSpecSchema, { ...job, payload: { case: "payloadJson", value } });
  const alone = Array.from({ length: 36 }, () => submit(large));
  const together = submit(...Array.from({ length: 24 }, () => large));
  const results = (await Promise.all([...alone, together])).flat();
  expect(results.map((result) => result.case)).toEqual(Array.from({ length: 60 }, () => "jobId"));
  // A message of 3 MiB holds twelve of them. Jobs that arrive alone are sent at once.
  expect(Math.max(...double.groups)).toBe(12);
  expect(double.groups.filter((size) => size === 12).length).toBeGreaterThanOrEqual(2);
  expect(double.groups.reduce((sum, size) => sum + size, 0)).toBe(60);
});

test("returns the finished job from a call with wait", async () => {
  const { ours, double } = await startGateway();
  const waiting = ours.jobs.submitJob({ job, wait: { seconds: 60n } });
  double.finish();
  expect((await waiting).job?.state).toBe(JobState.SUCCEEDED);
});

test("ends the scheduler's stream when the watcher leaves", async () => {
  const { ours, double } = await startGateway();
  const jobId = (await ours.jobs.submitJob({ job })).job?.id ?? "";
  for await (const { event } of ours.jobs.watchJob({ jobId })) {
    expect(event).toMatchObject({ case: "job", value: { id: jobId } });
    break;
  }
  await double.watchLeft;
});

test("refuses one stream more than a key may have, and not another key's", async () => {
  const { ours, theirs } = await startGateway(systemClock, { streamsPerKey: 2 });
  const jobId = (await ours.jobs.submitJob({ job })).job?.id ?? "";
  const watch = () => ours.jobs.watchJob({ jobId })[Symbol.asyncIterator]();
  const [first, second] = [watch(), watch()];
  await Promise.all([first.next(), second.next()]);
  const tooMany = { reason: "TOO_MANY_STREAMS", metadata: { limit: "2" } };
  await expect(watch().next()).rejects.toMatchObject(tooMany);
  const answers = ours.jobs.submitStream().responses[Symbol.asyncIterator]();
  await expect(answers.next()).rejects.toMatchObject(tooMany);
  const theirJob = (await theirs.jobs.submitJob({ job })).job?.id ?? "";
  const theirWatch = theirs.jobs.watchJob({ jobId: theirJob })[Symbol.asyncIterator]();
  expect((await theirWatch.next()).done).toBe(false);
  await Promise.all([first.return?.(), second.return?.(), theirWatch.return?.()]);
});

test("counts calls that wait as streams, and submits nothing for one that is refused", async () => {
  const { ours, double } = await startGateway(systemClock, { streamsPerKey: 1 });
  const jobId = (await ours.jobs.submitJob({ job })).job?.id ?? "";
  const open = ours.jobs.watchJob({ jobId })[Symbol.asyncIterator]();
  await open.next();
  const wait = { seconds: 60n };
  const tooMany = { reason: "TOO_MANY_STREAMS", metadata: { limit: "1" } };
  const submitted = double.groups.length;
  await expect(ours.jobs.getJob({ jobId, wait })).rejects.toMatchObject(tooMany);
  await expect(ours.jobs.submitJob({ job, wait })).rejects.toMatchObject(tooMany);
  expect(double.groups).toHaveLength(submitted);
  expect((await ours.jobs.getJob({ jobId })).job?.id).toBe(jobId);
  await open.return?.();
  await double.watchLeft;
  double.finish();
  expect((await ours.jobs.submitJob({ job, wait })).job?.state).toBe(JobState.SUCCEEDED);
  expect((await ours.jobs.getJob({ jobId, wait })).job).toBeDefined();
});

test("limits the concurrent submissions of a key, and not another key's", async () => {
  const { ours, theirs, double } = await startGateway(systemClock, { submissionsPerKey: 2 });
  const answer = Promise.withResolvers<void>();
  const arrived = double.holdSubmits(answer.promise);
  const first = ours.jobs.submitJobs({ jobs: [job, job] });
  await arrived;
  const tooMany = {
    ...{ reason: "TOO_MANY_SUBMISSIONS", metadata: { limit: "2" }, retryDelayMs: 1_000 },
  };
  await expect(ours.jobs.submitJob({ job })).rejects.toMatchObject(tooMany);
  await expect(ours.jobs.submitJobs({ jobs: [job] })).rejects.toMatchObject(tooMany);
  // The call is refused before it is read: else its error would be MALFORMED.
  await expect(ours.jobs.submitJob({})).rejects.toMatchObject(tooMany);
  const their = theirs.jobs.submitJob({ job });
  answer.resolve();
  expect((await first).results).toHaveLength(2);
  expect((await their).job).toBeDefined();
  expect((await ours.jobs.submitJobs({ jobs: [job, job, job] })).results).toHaveLength(3);
});
