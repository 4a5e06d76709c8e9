import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { JobSpecSchema, JobState } from "@millrace/proto/job";
import { fromRpcStatus } from "@millrace/runtime";
import { systemClock } from "@millrace/shared";
import { ManualClock } from "@millrace/testing";
import { expect, test } from "vitest";
import { job, other, secret, startGateway } from "./gateway-setup.ts";

test("a job is submitted under the caller's key and read back", async () => {
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
  "the key %j is refused",
  async (token) => {
    const { as } = await startGateway();
    await expect(as(token).jobs.submitJob({ job })).rejects.toMatchObject({
      reason: "UNAUTHENTICATED",
    });
  },
);

test("a known key is asked about once", async () => {
  const { ours, double } = await startGateway();
  await ours.jobs.submitJob({ job });
  await ours.jobs.submitJob({ job });
  expect(double.asked.filter((call) => call === "authenticate")).toHaveLength(1);
});

test("another key's job is not found, and the scheduler is not asked", async () => {
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

test("the good jobs of one call go on, and a bad one keeps no other out", async () => {
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

test("a payload of 256 KiB is taken, and one byte more is not", async () => {
  const { ours } = await startGateway();
  const of = (bytes: number) => ({
    ...job,
    payload: { case: "payloadJson" as const, value: JSON.stringify({ a: "x".repeat(bytes - 8) }) },
  });
  const { results } = await ours.jobs.submitJobs({ jobs: [of(262_144), of(262_145)] });
  expect(results.map(({ result }) => result.case)).toEqual(["jobId", "error"]);
});

test("a job may start 366 days ahead, and not a millisecond later", async () => {
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

test("large jobs that arrive together do not make a message that the scheduler refuses", async () => {
  const { submit, double } = await startGateway();
  const value = JSON.stringify({ a: "x".repeat(250_000) });
  const large = create(JobSpecSchema, { ...job, payload: { case: "payloadJson", value } });
  const alone = Array.from({ length: 36 }, () => submit(large));
  const together = submit(...Array.from({ length: 24 }, () => large));
  const results = (await Promise.all([...alone, together])).flat();
  expect(results.map((result) => result.case)).toEqual(Array.from({ length: 60 }, () => "jobId"));
  // 3 MiB hold twelve of them. Those that come alone are sent as they come.
  expect(Math.max(...double.groups)).toBe(12);
  expect(double.groups.filter((size) => size === 12).length).toBeGreaterThanOrEqual(2);
  expect(double.groups.reduce((sum, size) => sum + size, 0)).toBe(60);
});

test("with wait, the job comes back when it has finished", async () => {
  const { ours, double } = await startGateway();
  const waiting = ours.jobs.submitJob({ job, wait: { seconds: 60n } });
  double.finish();
  expect((await waiting).job?.state).toBe(JobState.SUCCEEDED);
});

test("a watcher that leaves ends the scheduler's stream", async () => {
  const { ours, double } = await startGateway();
  const jobId = (await ours.jobs.submitJob({ job })).job?.id ?? "";
  for await (const { event } of ours.jobs.watchJob({ jobId })) {
    expect(event).toMatchObject({ case: "job", value: { id: jobId } });
    break;
  }
  await double.watchLeft;
});

test("a key has as many streams as it may, one more is refused, and another key's are not", async () => {
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

test("calls that wait count as streams, and one that is refused submits nothing", async () => {
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

test("jobs of a key that are submitted at once are bounded, more may come back later, and another key's are not refused", async () => {
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
  // Refused before it was read: else it would be MALFORMED.
  await expect(ours.jobs.submitJob({})).rejects.toMatchObject(tooMany);
  const their = theirs.jobs.submitJob({ job });
  answer.resolve();
  expect((await first).results).toHaveLength(2);
  expect((await their).job).toBeDefined();
  expect((await ours.jobs.submitJobs({ jobs: [job, job, job] })).results).toHaveLength(3);
});
