import { mkdtemp, readdir, rm, watch } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { openDocumentStore } from "@millrace/documents";
import { DocumentService } from "@millrace/proto/document-service";
import { type JobSpec, JobSpecSchema, JobState } from "@millrace/proto/job";
import { JobService } from "@millrace/proto/job-service";
import { fromRpcStatus, grpcClient, serve } from "@millrace/runtime";
import { type Clock, type KeyId, systemRandom as random, systemClock } from "@millrace/shared";
import { createMetrics } from "@millrace/telemetry";
import { ManualClock } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { gatewayParts } from "../src/gateway-parts.ts";
import { schedulerClient } from "../src/scheduler-client.ts";
import { schedulerClock } from "../src/scheduler-clock.ts";
import { gatewayServices } from "../src/service.ts";
import { startSchedulerDouble } from "./scheduler-double.ts";

const secret = "a".repeat(32);
const other = "b".repeat(32);
const job = { queue: "documents", type: "summarize" };

async function setup(
  clock: Clock = systemClock,
  options: { streamsPerKey?: number; submissionsPerKey?: number } = {},
) {
  const directory = await mkdtemp(join(tmpdir(), "millrace-gateway-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const double = await startSchedulerDouble({ ours: secret, theirs: other }, clock);
  onTestFinished(() => double.close());
  const client = schedulerClient({
    address: double.address,
    deadlineMs: 10_000,
    clock: systemClock,
    random,
  });
  onTestFinished(() => client.close());
  const documents = await openDocumentStore({ directory, maxBytes: 1_000, clock, random });
  const parts = gatewayParts({
    ...{ scheduler: client.rpc, documents, clock, random, metrics: createMetrics() },
    schedulerClock: schedulerClock({ scheduler: client.rpc, local: clock }),
    schedulerDeadlineMs: 10_000,
    ...options,
  });
  onTestFinished(() => parts.close());
  const server = await serve({
    listen: { host: "127.0.0.1", port: 0 },
    services: gatewayServices(parts),
    authenticate: parts.authenticate,
    clock,
    onBug: (error) => {
      throw error;
    },
  });
  onTestFinished(() => server.close());
  const as = (token: string) => {
    const jobs = grpcClient(JobService, server.address, { token });
    const files = grpcClient(DocumentService, server.address, { token });
    onTestFinished(() => {
      jobs.close();
      files.close();
    });
    return { jobs: jobs.rpc, files: files.rpc };
  };
  const stored = () => readdir(directory);
  const watching = new AbortController();
  onTestFinished(() => watching.abort());
  const changes = watch(directory, { signal: watching.signal });
  const changed = async () => void (await changes.next());
  const submit = async (...specs: JobSpec[]) =>
    (await parts.submit("ours" as KeyId, specs)).map(({ result }) => result.result);
  return {
    double,
    submit,
    stored,
    changed,
    as,
    ours: as(`mr_ours_${secret}`),
    theirs: as(`mr_theirs_${other}`),
  };
}

async function* upload(...content: string[]) {
  yield* withoutEnd(...content);
  yield { part: { case: "end" as const, value: {} } };
}

async function* withoutEnd(...content: string[]) {
  yield { part: { case: "header" as const, value: { name: "a.txt" } } };
  for (const text of content) {
    yield { part: { case: "content" as const, value: new Uint8Array(Buffer.from(text)) } };
  }
}

test("a job is submitted under the caller's key and read back", async () => {
  const { ours } = await setup();
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
    const { as } = await setup();
    await expect(as(token).jobs.submitJob({ job })).rejects.toMatchObject({
      reason: "UNAUTHENTICATED",
    });
  },
);

test("a known key is asked about once", async () => {
  const { ours, double } = await setup();
  await ours.jobs.submitJob({ job });
  await ours.jobs.submitJob({ job });
  expect(double.asked.filter((call) => call === "authenticate")).toHaveLength(1);
});

test("another key's job is not found, and the scheduler is not asked", async () => {
  const { ours, theirs, double } = await setup();
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
  const { ours, double } = await setup();
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
  const { ours } = await setup();
  const of = (bytes: number) => ({
    ...job,
    payload: { case: "payloadJson" as const, value: JSON.stringify({ a: "x".repeat(bytes - 8) }) },
  });
  const { results } = await ours.jobs.submitJobs({ jobs: [of(262_144), of(262_145)] });
  expect(results.map(({ result }) => result.case)).toEqual(["jobId", "error"]);
});

test("a job may start 366 days ahead, and not a millisecond later", async () => {
  const { submit } = await setup(new ManualClock(1_764_000_000_000));
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
  const { submit, double } = await setup();
  const value = JSON.stringify({ a: "x".repeat(250_000) });
  const large = create(JobSpecSchema, { ...job, payload: { case: "payloadJson", value } });
  const alone = Array.from({ length: 36 }, () => submit(large));
  const together = submit(...Array.from({ length: 24 }, () => large));
  const results = (await Promise.all([...alone, together])).flat();
  expect(results.map((result) => result.case)).toEqual(Array.from({ length: 60 }, () => "jobId"));
  // 3 MiB hold twelve of them.
  expect(double.groups).toEqual([12, 12, 12, 12, 12]);
});

test("with wait, the job comes back when it has finished", async () => {
  const { ours, double } = await setup();
  const waiting = ours.jobs.submitJob({ job, wait: { seconds: 60n } });
  double.finish();
  expect((await waiting).job?.state).toBe(JobState.SUCCEEDED);
});

test("a watcher that leaves ends the scheduler's stream", async () => {
  const { ours, double } = await setup();
  const jobId = (await ours.jobs.submitJob({ job })).job?.id ?? "";
  for await (const { event } of ours.jobs.watchJob({ jobId })) {
    expect(event).toMatchObject({ case: "job", value: { id: jobId } });
    break;
  }
  await double.watchLeft;
});

test("a key has as many streams as it may, one more is refused, and another key's are not", async () => {
  const { ours, theirs } = await setup(systemClock, { streamsPerKey: 2 });
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
  const { ours, double } = await setup(systemClock, { streamsPerKey: 1 });
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
  const { ours, theirs, double } = await setup(systemClock, { submissionsPerKey: 2 });
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

test("a document is stored for its owner, who alone may read it or name it in a job", async () => {
  const { ours, theirs } = await setup();
  const { document } = await ours.files.uploadDocument(upload("he", "llo"));
  expect(document).toMatchObject({ name: "a.txt", contentType: "text/plain", size: 5n });
  const documentId = document?.id ?? "";
  expect((await ours.files.getDocument({ documentId })).document).toEqual(document);
  let text = "";
  for await (const { part } of ours.files.downloadDocument({ documentId })) {
    if (part.case === "content") text += Buffer.from(part.value).toString();
  }
  expect(text).toBe("hello");
  const named = { job: { ...job, documentIds: [documentId] } };
  expect((await ours.jobs.submitJob(named)).job).toBeDefined();
  const notFound = { reason: "DOCUMENT_NOT_FOUND" };
  await expect(theirs.files.getDocument({ documentId })).rejects.toMatchObject(notFound);
  await expect(theirs.jobs.submitJob(named)).rejects.toMatchObject(notFound);
});

test("a document that is empty, too long or of no known type is refused by name", async () => {
  const { ours, stored } = await setup();
  const reasonOf = (...content: string[]) =>
    ours.files.uploadDocument(upload(...content)).catch((error: unknown) => error);
  expect(await reasonOf()).toMatchObject({ reason: "DOCUMENT_EMPTY" });
  expect(await reasonOf("x".repeat(1_001))).toMatchObject({ reason: "TOO_LARGE" });
  expect(await reasonOf("\0")).toMatchObject({ reason: "DOCUMENT_TYPE_MISMATCH" });
  expect(await stored()).toEqual([]);
});

test("an upload that ends without saying so was cut, and is not stored", async () => {
  const { ours, stored } = await setup();
  const outcome = ours.files.uploadDocument(withoutEnd("all", " of it"));
  await expect(outcome).rejects.toMatchObject({ reason: "MALFORMED" });
  expect(await stored()).toEqual([]);
});

test("an upload that its caller cancels midway is not stored", async () => {
  const { ours, stored, changed } = await setup();
  const abort = new AbortController();
  async function* halfway() {
    yield* withoutEnd("half");
    await new Promise(() => undefined);
  }
  const uploading = ours.files.uploadDocument(halfway(), { signal: abort.signal });
  const outcome = uploading.catch((error: unknown) => error);
  while ((await stored()).length === 0) await changed();
  abort.abort();
  expect(await outcome).toBeInstanceOf(Error);
  while ((await stored()).length > 0) await changed();
});
