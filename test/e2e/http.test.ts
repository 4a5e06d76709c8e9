import { once } from "node:events";
import { readdir, watch } from "node:fs/promises";
import { connect } from "node:net";
import type { LocalSystem } from "@millrace/local";
import { afterAll, beforeAll, expect, test } from "vitest";
import { httpCaller, startHttpSystem } from "./http-system.ts";

let system: LocalSystem;
beforeAll(async () => {
  system = await startHttpSystem();
});
afterAll(() => system[Symbol.asyncDispose]());
const setup = () => httpCaller(system);

const problem = async (response: Response) => {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const body = (await response.json()) as Record<string, unknown>;
  expect(body.status).toBe(response.status);
  return body;
};

test("an accepted job has a location, which serves the job until it has its result", async () => {
  const { postJob, call, startWorker } = await setup();
  const accepted = await postJob({ payload: { a: [1, "ü"] }, labels: { team: "x" } });
  expect(accepted.status).toBe(202);
  expect(accepted.headers.get("retry-after")).toBe("2");
  const job = (await accepted.json()) as { id: string };
  expect(job).toMatchObject({
    state: "JOB_STATE_QUEUED",
    payload: { a: [1, "ü"] },
    labels: { team: "x" },
    attempt: 0,
  });
  const location = accepted.headers.get("location") ?? "";
  expect(location).toBe(`/v1/jobs/${job.id}`);
  const { next } = startWorker();
  const held = await next();
  expect(held.payload).toEqual({ a: [1, "ü"] });
  const running = await call(location);
  expect(await running.json()).toMatchObject({ state: "JOB_STATE_RUNNING", attempt: 1 });
  held.finish({ text: "done" });
  const finished = await call(`${location}?wait=60`);
  expect([finished.status, finished.headers.get("retry-after")]).toEqual([200, null]);
  expect(await finished.json()).toMatchObject({
    state: "JOB_STATE_SUCCEEDED",
    result: { text: "done" },
  });
});

test("with Prefer: wait the answer is the finished job, or the current job after the wait", async () => {
  const { postJob, startWorker } = await setup();
  const late = await postJob({}, { prefer: "respond-async, wait=1" });
  expect([late.status, late.headers.get("preference-applied")]).toEqual([202, "wait=1"]);
  const { next } = startWorker();
  const finished = postJob({}, { prefer: "wait=1000" });
  (await next()).finish(1);
  (await next()).finish(2);
  const answer = await finished;
  expect([answer.status, answer.headers.get("preference-applied")]).toEqual([200, "wait=60"]);
  expect(await answer.json()).toMatchObject({ result: 2 });
});

test("the same Idempotency-Key returns the same job, and other content is a conflict", async () => {
  const { postJob } = await setup();
  const first = await postJob({}, { "idempotency-key": '"once"' });
  const again = await postJob({}, { "idempotency-key": "once" });
  const { id, existing } = (await first.json()) as { id: string; existing: boolean };
  expect(existing).toBe(false);
  expect(await again.json()).toMatchObject({ id, idempotencyKey: "once", existing: true });
  const other = await postJob({ payload: { b: 1 } }, { "idempotency-key": "once" });
  expect(other.status).toBe(409);
  expect(await problem(other)).toMatchObject({
    reason: "IDEMPOTENCY_CONFLICT",
    metadata: { job_id: id },
  });
  const both = await postJob({ idempotencyKey: "twice" }, { "idempotency-key": "once" });
  expect(await problem(both)).toMatchObject({ violations: [{ field: "idempotency_key" }] });
});

test.each<[string, object, string, number]>([
  ["an invalid queue name", { queue: "NO" }, "MALFORMED", 400],
  ["an unknown queue", { queue: "nowhere" }, "QUEUE_NOT_FOUND", 404],
  ["an unknown field", { nonsense: 1 }, "MALFORMED", 400],
  ["a payload that is not an object", { payload: [1] }, "MALFORMED", 400],
  ["two payloads", { payload: {}, payloadJson: "{}" }, "MALFORMED", 400],
  ["a payload over 256 KiB", { payload: { a: "x".repeat(262_144) } }, "TOO_LARGE", 413],
  ["a body over 4 MiB", { payload: { a: "x".repeat(4 * 1024 * 1024) } }, "TOO_LARGE", 413],
  [
    "an unknown document",
    { documentIds: ["doc_01JDXW5T5Q6M3C9N2V8K4H7R1B"] },
    "DOCUMENT_NOT_FOUND",
    404,
  ],
])("a job with %s is refused", async (_, job, reason, status) => {
  const { postJob } = await setup();
  const response = await postJob(job);
  expect(response.status).toBe(status);
  expect(await problem(response)).toMatchObject({ reason, detail: expect.any(String) });
});

test("the faults of a job are listed field by field", async () => {
  const { postJob } = await setup();
  const response = await postJob({ priority: 101, labels: { "0": "x" } });
  const { violations } = (await problem(response)) as { violations: { field: string }[] };
  expect(violations.map(({ field }) => field).sort()).toEqual(['labels["0"]', "priority"]);
});

test("a body must be JSON, in its content type and in its content", async () => {
  const { call } = await setup();
  const post = (body: string | Buffer, type = "application/json") =>
    call("/v1/jobs", { method: "POST", body, headers: { "content-type": type } });
  for (const body of ["{", "[]", "7", Buffer.from('{"queue":"\xff"}', "latin1")]) {
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(await problem(response)).toMatchObject({ reason: "MALFORMED" });
  }
  const form = await post("a=b", "application/x-www-form-urlencoded");
  expect(form.status).toBe(415);
  expect(await problem(form)).toMatchObject({ reason: "MEDIA_TYPE" });
});

test("a missing, a wrong and a revoked key get the same answer", async () => {
  const { call, apiKey, queue, revoke } = await setup();
  const wrong = `${apiKey.slice(0, -1)}${apiKey.endsWith("0") ? "1" : "0"}`;
  for (const key of ["", "mr_x", wrong]) {
    const response = await call(`/v1/jobs?queue=${queue}`, {}, key);
    expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect(await problem(response)).toMatchObject({ reason: "UNAUTHENTICATED" });
  }
  expect((await call(`/v1/jobs?queue=${queue}`)).status).toBe(200);
  await revoke();
  expect((await call(`/v1/jobs?queue=${queue}`)).status).toBe(401);
});

test("another key's job and an unknown job get the same answer", async () => {
  const mine = await setup();
  const theirs = await setup();
  const { id } = (await (await theirs.postJob()).json()) as { id: string };
  for (const job of [id, mine.noJob, "nonsense"]) {
    for (const [method, path] of [
      ["GET", ""],
      ["DELETE", ""],
      ["GET", "/events"],
    ] as const) {
      const response = await mine.call(`/v1/jobs/${job}${path}`, { method });
      expect(response.status).toBe(404);
      expect(await problem(response)).toMatchObject({ reason: "JOB_NOT_FOUND" });
    }
  }
});

test("a waiting job is cancelled at once, a running one by its worker, and a finished one not at all", async () => {
  const { postJob, call, startWorker } = await setup();
  const post = async () => `/v1/jobs/${((await (await postJob()).json()) as { id: string }).id}`;
  const waiting = await post();
  const cancelled = await call(`${waiting}?reason=changed%20my%20mind`, { method: "DELETE" });
  expect(cancelled.status).toBe(200);
  expect(await cancelled.json()).toMatchObject({
    state: "JOB_STATE_CANCELLED",
    failure: { message: expect.stringContaining("changed my mind") },
  });
  const { next } = startWorker();
  const running = await post();
  const held = await next();
  const asked = await call(running, { method: "DELETE" });
  expect(asked.status).toBe(202);
  expect(await asked.json()).toMatchObject({ cancelRequested: true });
  expect(await (await call(`${running}?wait=60`)).json()).toMatchObject({
    state: "JOB_STATE_CANCELLED",
  });
  expect(held.signal.aborted).toBe(true);
  const done = await post();
  (await next()).finish(1);
  await call(`${done}?wait=60`);
  const late = await call(done, { method: "DELETE" });
  expect(late.status).toBe(409);
  expect(await problem(late)).toMatchObject({ reason: "ILLEGAL_TRANSITION" });
});

test("jobs are listed by queue and state, page by page", async () => {
  const { postJob, call, queue } = await setup();
  const ids: string[] = [];
  for (let index = 0; index < 3; index += 1) {
    ids.unshift(((await (await postJob()).json()) as { id: string }).id);
  }
  await call(`/v1/jobs/${ids[0]}`, { method: "DELETE" });
  interface Page {
    readonly jobs: readonly { readonly id: string }[];
    readonly nextPageToken: string;
  }
  const page = async (query: string) =>
    (await (await call(`/v1/jobs?queue=${queue}${query}`)).json()) as Page;
  const first = await page("&pageSize=2");
  const second = await page(`&pageSize=2&pageToken=${encodeURIComponent(first.nextPageToken)}`);
  expect([...first.jobs, ...second.jobs].map(({ id }) => id)).toEqual(ids);
  expect((await page("&state=cancelled")).jobs.map(({ id }) => id)).toEqual([ids[0]]);
  expect((await page("&state=queued,JOB_STATE_RUNNING")).jobs).toHaveLength(2);
  const wrong = await call("/v1/jobs?state=lost&stat=x&pageSize=501");
  expect(wrong.status).toBe(400);
  const { violations } = (await problem(wrong)) as { violations: { field: string }[] };
  expect(violations.map(({ field }) => field).sort()).toEqual([
    ...["pageSize", "queue", "stat", "state.0"],
  ]);
});

test("a document is stored unchanged, and only its owner can read it", async () => {
  const { call } = await setup();
  const other = await setup();
  const put = await call("/v1/documents?name=%C3%BCber.txt", {
    method: "PUT",
    body: "hello",
    headers: { "content-type": "text/plain; charset=utf-8" },
  });
  expect(put.status).toBe(201);
  const location = put.headers.get("location") ?? "";
  const document = (await put.json()) as { id: string };
  expect(document).toMatchObject({ name: "über.txt", contentType: "text/plain", size: "5" });
  expect(location).toBe(`/v1/documents/${document.id}`);
  expect(await (await call(location)).json()).toEqual(document);
  const content = await call(`${location}/content`);
  expect(content.headers.get("content-disposition")).toContain("filename*=UTF-8''%C3%BCber.txt");
  expect(content.headers.get("content-length")).toBe("5");
  expect(await content.text()).toBe("hello");
  const head = await call(`${location}/content`, { method: "HEAD" });
  expect([head.headers.get("content-length"), await head.text()]).toEqual(["5", ""]);
  for (const path of [location, `${location}/content`]) {
    const response = await other.call(path);
    expect(response.status).toBe(404);
    expect(await problem(response)).toMatchObject({ reason: "DOCUMENT_NOT_FOUND" });
  }
});

test("a text is stored as what its content is, whatever its charset is", async () => {
  const { call } = await setup();
  const put = await call("/v1/documents", {
    method: "PUT",
    body: Buffer.from("<!DOCTYPE html><p>M\u00fchle</p>", "latin1"),
    headers: { "content-type": "text/plain; charset=latin1" },
  });
  expect(await put.json()).toMatchObject({ contentType: "text/html" });
});

test("the type of a document is detected from its content, and its name comes from Content-Disposition", async () => {
  const { call } = await setup();
  const put = await call("/v1/documents", {
    method: "PUT",
    body: Buffer.from("%PDF-1.7 and so on"),
    headers: { "content-disposition": 'attachment; filename="a.pdf"' },
  });
  expect(await put.json()).toMatchObject({ name: "a.pdf", contentType: "application/pdf" });
});

const emptyZip = Buffer.from("504b0506".padEnd(44, "0"), "hex");
/** What Word writes for a document with a password: a container of the old kind, with this stream. */
const lockedWord = Buffer.concat([
  Buffer.from("d0cf11e0a1b11ae1".padEnd(1_024, "0"), "hex"),
  Buffer.from("EncryptedPackage", "utf16le"),
]);

test.each<[string, Record<string, string>, string, string | Buffer, string, number]>([
  ["is empty", {}, "", "", "DOCUMENT_EMPTY", 400],
  [
    "is not of its declared type",
    { "content-type": "application/pdf" },
    "",
    "x",
    "DOCUMENT_TYPE_MISMATCH",
    415,
  ],
  [
    "has a type that is not supported",
    { "content-type": "image/png" },
    "",
    "x",
    "DOCUMENT_TYPE_MISMATCH",
    415,
  ],
  ["has a path as its name", {}, "?name=a%2Fb", "x", "MALFORMED", 400],
])("a document that %s is refused", async (_, headers, query, body, reason, status) => {
  const { call } = await setup();
  const response = await call(`/v1/documents${query}`, { method: "PUT", body, headers });
  expect(response.status).toBe(status);
  expect(await problem(response)).toMatchObject({ reason });
});

test.each<[string, string, Buffer, RegExp]>([
  ["an archive", "application/zip", emptyZip, /unpack it/],
  ["a document with a password", "application/x-cfb", lockedWord, /remove its password/],
])("%s is stored, and says why it cannot be read", async (_, contentType, body, unreadable) => {
  const { call } = await setup();
  const response = await call("/v1/documents", { method: "PUT", body: new Uint8Array(body) });
  expect(response.status).toBe(201);
  expect(await response.json()).toMatchObject({
    ...{ contentType, unreadable: expect.stringMatching(unreadable) },
  });
});

test("an upload that is cut is not stored", async () => {
  const { apiKey } = await setup();
  const watching = new AbortController();
  const changes = watch(system.documents, { signal: watching.signal });
  // The watch begins with the first call of next().
  let next = changes.next();
  const changed = async () => {
    await next;
    next = changes.next();
    next.catch(() => undefined);
  };
  const before = await readdir(system.documents);
  const { port, hostname } = new URL(system.httpUrl);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  socket.write(
    `PUT /v1/documents HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${apiKey}\r\ncontent-length: 100\r\n\r\nhalf of it`,
  );
  while ((await readdir(system.documents)).length === before.length) await changed();
  socket.destroy();
  while ((await readdir(system.documents)).length > before.length) await changed();
  watching.abort();
});

test("every error of a route is counted, and none is INTERNAL", async () => {
  const metrics = await (
    await fetch(`http://${system.gateways[0]?.addresses.metrics}/metrics`)
  ).text();
  expect(metrics).toContain('method="/millrace.jobs.v1.JobService/GetJob",code="5"');
  // The counters of errors exist from the start.
  expect(metrics).toContain('code="13"} 0');
  expect(metrics).not.toMatch(/code="13"\} [1-9]/);
});
