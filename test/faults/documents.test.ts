/** Tests documents with wrong content, from their upload to the end of the job that reads them. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { status } from "@grpc/grpc-js";
import { JobState } from "@millrace/proto/job";
import PDFDocument from "pdfkit";
import { afterAll, expect, test } from "vitest";
import { Journal } from "./journal.ts";
import { adminOf, callerAt, faultOf, startLogged, uploadOf } from "./setup.ts";

const LIMIT_BYTES = 200_000;
const { system } = await startLogged({
  settings: { gateway: { MILLRACE_DOCUMENT_BYTES: String(LIMIT_BYTES) } },
});
afterAll(() => system[Symbol.asyncDispose]());

async function setup() {
  const caller = callerAt(system.gatewayTarget(), await system.createApiKey("caller"));
  const journal = new Journal(caller);
  const upload = async (content: Uint8Array, contentType = "") => {
    const messages = uploadOf({ name: "a.pdf", contentType }, content);
    return (await caller.documents.uploadDocument(messages)).document?.id ?? "";
  };
  const summarize = async (...documentIds: string[]) => {
    const job = { queue: "documents", type: "summarize", documentIds };
    return journal.follow(await journal.submit(job));
  };
  return { caller, upload, summarize, journal };
}

type Draw = (pdf: PDFKit.PDFDocument) => void;
async function pdf(draw: Draw, options: PDFKit.PDFDocumentOptions = {}): Promise<Buffer> {
  const document = new PDFDocument(options);
  draw(document);
  document.end();
  return buffer(document);
}
const words: Draw = (page) => void page.text("The whale swam past the ship. The sea was calm.");
const drawing: Draw = (page) => void page.rect(10, 10, 50, 50).fill("red");
const gif = Buffer.from("474946383961010001000000", "hex");

const mismatch = "DOCUMENT_TYPE_MISMATCH";
test("a job that is to read an image of another type is refused, and told what to do", async () => {
  const { caller, upload } = await setup();
  const documentIds = [await upload(gif)];
  const job = { queue: "documents", type: "summarize", documentIds };
  const fault = await faultOf(caller.jobs.submitJob({ job }));
  expect(fault).toMatchObject({ code: status.INVALID_ARGUMENT, reason: mismatch });
  expect(fault.message).toContain("text recognition");
});

test.each<[string, string, string, () => Promise<Buffer> | Buffer]>([
  ["text declared as a PDF", mismatch, "application/pdf", () => Buffer.from("words")],
  ["a PDF declared as text", mismatch, "text/plain", () => pdf(words)],
  ["an image declared as text", mismatch, "text/markdown", () => gif],
  ["nothing", "DOCUMENT_EMPTY", "", () => Buffer.alloc(0)],
  [
    "a document one byte over the limit",
    "TOO_LARGE",
    "text/plain",
    () => Buffer.alloc(LIMIT_BYTES + 1, "a"),
  ],
])("%s is refused as %s", async (_, reason, type, content) => {
  const { upload } = await setup();
  const fault = await faultOf(upload(await content(), type));
  expect(fault).toMatchObject({ code: status.INVALID_ARGUMENT, reason });
  expect(fault.message).not.toContain(system.documents);
});

test("a document of the largest size is read to its end", async () => {
  const { upload, summarize } = await setup();
  const text = "The whale swam past the ship. ".repeat(LIMIT_BYTES / 30).padEnd(LIMIT_BYTES, ".");
  const { state } = await summarize(await upload(Buffer.from(text), "text/plain"));
  expect(state).toBe(JobState.SUCCEEDED);
});

test("an endless upload is refused", async () => {
  const { caller } = await setup();
  let sent = 0;
  const endless = async function* () {
    const [header, content] = await Array.fromAsync(uploadOf({}, Buffer.alloc(50_000, "a")));
    if (header === undefined || content === undefined) throw new Error("no messages");
    yield header;
    for (; ; sent += 1) yield content;
  };
  const fault = await faultOf(caller.documents.uploadDocument(endless()));
  expect(fault).toMatchObject({ reason: "TOO_LARGE" });
  expect(sent).toBeGreaterThanOrEqual(LIMIT_BYTES / 50_000);
});

test.each<[string, string, () => Promise<Buffer> | Buffer]>([
  ["is encrypted", "DOCUMENT_ENCRYPTED", () => pdf(words, { userPassword: "x" })],
  ["has no text", "DOCUMENT_NO_TEXT", () => pdf(drawing)],
  ["is cut", "DOCUMENT_UNREADABLE", async () => (await pdf(words)).subarray(0, 300)],
  ["contains only spaces", "DOCUMENT_NO_TEXT", () => Buffer.from(" \n ")],
])("a document that %s fails its job at once with %s", async (_, reason, content) => {
  const { upload, summarize, journal } = await setup();
  const end = await summarize(await upload(await content()));
  expect(end).toMatchObject({
    ...{ state: JobState.FAILED, attempt: 1 },
    failure: { reason, retryable: false, message: expect.stringContaining('"a.pdf"') },
  });
  expect((await summarize(await upload(await pdf(words)))).state).toBe(JobState.SUCCEEDED);
  expect(await journal.violations("documents")).toEqual([]);
});

test("a missing document fails a running job, and a new job that names it is refused", async () => {
  const { caller, upload, journal } = await setup();
  const admin = adminOf(system);
  const documentId = await upload(await pdf(words));
  const job = { queue: "documents", type: "summarize", documentIds: [documentId] };
  await admin.pauseQueue({ name: "documents" });
  const jobId = await journal.submit(job);
  await rm(join(system.documents, `${documentId}.json`));
  await admin.resumeQueue({ name: "documents" });
  const gone = { reason: "DOCUMENT_NOT_FOUND", message: expect.stringContaining(documentId) };
  expect(await journal.follow(jobId)).toMatchObject({
    ...{ state: JobState.FAILED, attempt: 1, failure: gone },
  });
  expect(await faultOf(caller.jobs.submitJob({ job }))).toMatchObject(gone);
});
