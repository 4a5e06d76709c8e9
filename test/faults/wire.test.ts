/** Tests requests that callers should not send, through gateway, scheduler and Redis. */
import { create, toBinary } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import { DocumentService } from "@millrace/proto/document-service";
import { JobState } from "@millrace/proto/job";
import { JobService, SubmitJobsRequestSchema } from "@millrace/proto/job-service";
import { fromRpcStatus } from "@millrace/runtime";
import { formatApiKey, limits, newApiKey, parseApiKey } from "@millrace/shared";
import { seededRandom } from "@millrace/testing";
import { afterAll, expect, test } from "vitest";
import { sendBytes } from "./raw-call.ts";
import { adminOf, callerAt, faultOf, startLogged, uploadOf } from "./setup.ts";

/**
 * There is no worker, so accepted jobs stay queued. One gateway asks about a key for each call, and the other
 * caches keys.
 */
const { system } = await startLogged({
  workers: 0,
  settings: { gateway: { MILLRACE_KEY_CACHE_MS: "0" } },
});
afterAll(() => system[Symbol.asyncDispose]());
const caching = await system.addGateway({ MILLRACE_KEY_CACHE_MS: "600000" });
const address = system.gateways[0]?.addresses.address;

const job = { queue: "documents", type: "chat" };
const json = (value: string) => ({ case: "payloadJson" as const, value });
/** Makes a JSON object of this many bytes. */
const objectOf = (bytes: number) => json(`{"a":"${"x".repeat(bytes - 8)}"}`);

async function setup() {
  const caller = callerAt(address, await system.createApiKey("caller"));
  return { caller, listed: async () => (await caller.jobs.listJobs({ queue: "documents" })).jobs };
}

test("bytes that are not a message are MALFORMED, on a call and on a stream", async () => {
  const garbage = [Buffer.from([0xff, 0xff, 0xff])];
  const malformed = { code: status.INVALID_ARGUMENT, reason: "MALFORMED" };
  const { submitJob, watchJob } = JobService.method;
  for (const method of [submitJob, watchJob, DocumentService.method.uploadDocument]) {
    expect(await sendBytes(address, method, garbage, system.apiKey)).toMatchObject(malformed);
  }
});

test("a request that breaks the contract's rules is refused with each wrong field", async () => {
  const { caller, listed } = await setup();
  const fault = await faultOf(
    caller.jobs.submitJob({ job: { queue: "No Queue", type: "", priority: 101 } }),
  );
  expect(fault).toMatchObject({ code: status.INVALID_ARGUMENT, reason: "MALFORMED" });
  const fields = fault.violations.map(({ field }) => field);
  expect(fields.sort()).toEqual(["job.priority", "job.queue", "job.type"]);
  expect(await listed()).toEqual([]);
});

test("only the malformed jobs of a request are refused, each with its own fields", async () => {
  const { caller, listed } = await setup();
  const { results } = await caller.jobs.submitJobs({
    jobs: [job, { ...job, priority: 0 }, { ...job, payload: json("[]") }, job],
  });
  const kinds = results.map(({ result }) =>
    result.case === "error" ? fromRpcStatus(result.value).violations[0]?.field : result.case,
  );
  expect(kinds).toEqual(["jobId", "priority", "payload", "jobId"]);
  expect(await listed()).toHaveLength(2);
});

test("a payload is accepted up to its limit and refused above", async () => {
  const { caller, listed } = await setup();
  await caller.jobs.submitJob({ job: { ...job, payload: objectOf(limits.payloadBytes) } });
  const over = { ...job, payload: objectOf(limits.payloadBytes + 1) };
  const fault = await faultOf(caller.jobs.submitJob({ job: over }));
  expect(fault).toMatchObject({ code: status.INVALID_ARGUMENT, reason: "TOO_LARGE" });
  expect(fault.message).toContain(String(limits.payloadBytes));
  expect(await listed()).toHaveLength(1);
});

test("a request is accepted up to 4 MiB and refused above, and the connection stays open", async () => {
  const { caller, listed } = await setup();
  const limit = 4 * 1024 * 1024;
  const ofLength = (bytes: number) => {
    const request = (last: number) => ({
      jobs: [...Array(16).fill(250_000), last].map((each) => ({ ...job, payload: objectOf(each) })),
    });
    const trial = create(SubmitJobsRequestSchema, request(100_000));
    return request(100_000 + bytes - toBinary(SubmitJobsRequestSchema, trial).length);
  };
  const { results } = await caller.jobs.submitJobs(ofLength(limit));
  expect(results.map(({ result }) => result.case)).toEqual(Array(17).fill("jobId"));
  const fault = await faultOf(caller.jobs.submitJobs(ofLength(limit + 1)));
  expect(fault.code).toBe(status.RESOURCE_EXHAUSTED);
  expect(fault.message).toContain(String(limit));
  expect(await listed()).toHaveLength(17);
});

test("a stream's message is refused above 4 MiB, and a piece of a document above 1 MiB", async () => {
  const { caller } = await setup();
  const uploadPiece = (bytes: number) =>
    caller.documents.uploadDocument(uploadOf({ name: "a.txt" }, Buffer.alloc(bytes, "a")));
  const limit = 1024 * 1024;
  expect((await uploadPiece(limit)).document?.size).toBe(BigInt(limit));
  const tooLong = await faultOf(uploadPiece(limit + 1));
  expect(tooLong).toMatchObject({ code: status.INVALID_ARGUMENT, reason: "TOO_LARGE" });
  const tooLarge = await faultOf(uploadPiece(4 * limit));
  expect(tooLarge.code).toBe(status.RESOURCE_EXHAUSTED);
});

test("a missing, garbled, unknown or wrong key is always refused with the same answer", async () => {
  const known = await system.createApiKey("caller");
  const { keyId = "", secret = "" } = parseApiKey(known) ?? {};
  const other = newApiKey(seededRandom(1));
  const wrong = ["", "garbled", formatApiKey(other), `mr_${keyId}_${other.secret}`, secret];
  const faults = await Promise.all(
    wrong.map((key) => faultOf(callerAt(address, key).jobs.listJobs({ queue: "documents" }))),
  );
  for (const fault of faults) {
    expect(fault).toMatchObject({ code: status.UNAUTHENTICATED, reason: "UNAUTHENTICATED" });
  }
  expect(new Set(faults.map(({ message }) => message)).size).toBe(1);
  expect(JSON.stringify(faults)).not.toContain(secret);
});

test("a revoked key works no longer than gateways cache it", async () => {
  const key = await system.createApiKey("caller");
  const asking = callerAt(address, key);
  const remembering = callerAt(caching.addresses.address, key);
  const submit = ({ jobs }: typeof asking) => jobs.submitJob({ job });
  await submit(asking);
  await submit(remembering);
  await adminOf(system).revokeApiKey({ keyId: asking.keyId });
  expect(await faultOf(submit(asking))).toMatchObject({ reason: "UNAUTHENTICATED" });
  await submit(remembering);
});

test("the job of another key is NOT_FOUND in every call", async () => {
  const { caller } = await setup();
  const { caller: other, listed } = await setup();
  const { job: own } = await caller.jobs.submitJob({ job });
  const jobId = own?.id ?? "";
  const notFound = { code: status.NOT_FOUND, reason: "JOB_NOT_FOUND" };
  expect(await faultOf(other.jobs.getJob({ jobId }))).toMatchObject(notFound);
  expect(await faultOf(other.jobs.watchJob({ jobId }))).toMatchObject(notFound);
  expect(await faultOf(other.jobs.cancelJob({ jobId }))).toMatchObject(notFound);
  expect(await listed()).toEqual([]);
  // With the other key's id in its place, the id names another job, which does not exist.
  const renamed = jobId.replace(caller.keyId, other.keyId);
  expect(await faultOf(other.jobs.getJob({ jobId: renamed }))).toMatchObject(notFound);
  expect((await caller.jobs.getJob({ jobId })).job?.state).toBe(JobState.QUEUED);
});

test("the document of another key can neither be read nor named in a job", async () => {
  const { caller } = await setup();
  const { caller: other, listed } = await setup();
  const { document } = await caller.documents.uploadDocument(
    uploadOf({ name: "a.txt" }, Buffer.from("mine")),
  );
  const documentId = document?.id ?? "";
  const notFound = { code: status.NOT_FOUND, reason: "DOCUMENT_NOT_FOUND" };
  expect(await faultOf(other.documents.getDocument({ documentId }))).toMatchObject(notFound);
  expect(await faultOf(other.documents.downloadDocument({ documentId }))).toMatchObject(notFound);
  const naming = other.jobs.submitJob({ job: { ...job, documentIds: [documentId] } });
  expect(await faultOf(naming)).toMatchObject(notFound);
  expect(await listed()).toEqual([]);
});

test("a job for an undefined queue, or of a type that the queue does not take, is refused", async () => {
  const { caller } = await setup();
  await system.putQueue({ name: "chats", types: ["chat"] });
  const submit = (queue: string, type: string) => caller.jobs.submitJob({ job: { queue, type } });
  await submit("chats", "chat");
  expect(await faultOf(submit("nowhere", "chat"))).toMatchObject({
    ...{ code: status.NOT_FOUND, reason: "QUEUE_NOT_FOUND" },
  });
  expect(await faultOf(submit("chats", "summarize"))).toMatchObject({
    ...{ code: status.INVALID_ARGUMENT, reason: "UNKNOWN_JOB_TYPE" },
  });
});

test("a page of jobs with the longest labels fits into a message, and the next page continues", async () => {
  const { caller } = await setup();
  // The longest labels have characters of four bytes.
  const label = (i: number) => [`l${i}`.padEnd(63, "x"), "\u{1f422}".repeat(255)];
  const labels = Object.fromEntries(Array.from({ length: 16 }, (_, i) => label(i)));
  const accepted: string[] = [];
  for (let group = 0; group < 3; group += 1) {
    const { results } = await caller.jobs.submitJobs({ jobs: Array(100).fill({ ...job, labels }) });
    for (const { result } of results) accepted.push(String(result.value));
  }
  const listed: string[] = [];
  let pageToken = "";
  do {
    const page = await caller.jobs.listJobs({ queue: "documents", pageSize: 500, pageToken });
    listed.push(...page.jobs.map(({ id }) => id));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  expect(listed.sort()).toEqual(accepted.sort());
});

test("an unknown call is UNIMPLEMENTED", async () => {
  const unknown = { parent: JobService, name: "EatJob" };
  const fault = await sendBytes(address, unknown, [new Uint8Array()], system.apiKey);
  expect(fault?.code).toBe(status.UNIMPLEMENTED);
});
