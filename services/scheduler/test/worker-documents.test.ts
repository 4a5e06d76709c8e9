import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { openDocumentStore } from "@millrace/documents";
import {
  DownloadDocumentRequestSchema,
  DownloadDocumentResponseSchema,
  GetDocumentRequestSchema,
  type LeaseRef,
  StoreDocumentRequestSchema,
} from "@millrace/proto/worker-service";
import type { CallContext } from "@millrace/runtime";
import type { KeyId } from "@millrace/shared";
import { seededRandom } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import {
  DOWNLOADS_AT_ONCE,
  downloadDocument,
} from "../src/handlers/documents/download-document.ts";
import { getDocument } from "../src/handlers/documents/get-document.ts";
import { STORES_AT_ONCE, storeDocument } from "../src/handlers/documents/store-document.ts";
import type { WorkerPass } from "../src/tokens/worker-tokens.ts";
import { setup } from "./work-setup.ts";

const text = "The sea was calm. ".repeat(10_000);

/** A worker that runs a job with one document. The key has another one, and so has another key. */
async function running({ withStore = true } = {}) {
  const parts = await setup();
  const { engine, clock, tokens, submit, connect } = parts;
  const directory = await mkdtemp(join(tmpdir(), "millrace-worker-documents-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const store = await openDocumentStore({
    ...{ directory, maxBytes: 1_000_000, clock, random: seededRandom(3) },
  });
  const put = async (key: string, content = text) => {
    const pieces = (async function* () {
      yield Buffer.from(content);
    })();
    const put = await store.put(key as KeyId, { name: "sea.txt" }, pieces);
    if (put.kind !== "stored") throw new Error(put.kind);
    return put.document;
  };
  const [named, other, theirs] = [await put("aaaa"), await put("aaaa", "other"), await put("bbbb")];
  const details = JSON.stringify({ documentIds: [named.id, theirs.id] });
  const jobId = await submit({ details });
  const worker = connect(1);
  await worker.next();
  const { lease } = await worker.assigned();
  const of = { engine, tokens, documents: withStore ? store : undefined };
  const [get, download] = [getDocument(of), downloadDocument(of)];
  const stores = storeDocument({ ...of, clock, documentBytesPerKey: 0 });
  const contextOf = (pass: WorkerPass) =>
    ({ identity: pass, concerns: () => undefined }) as unknown as CallContext<WorkerPass>;
  const context = contextOf({ name: "worker" });
  const settle = async () => {
    const outcome = { case: "completed" as const, value: { resultJson: "1" } };
    worker.send({ case: "settle", value: { outcomes: [{ lease, outcome }] } });
    await worker.next();
  };
  return {
    ...{ jobId, lease, named, other, theirs, settle, contextOf },
    get: async (documentId: string, by: LeaseRef = lease, caller = context) =>
      (await get(create(GetDocumentRequestSchema, { lease: by, documentId }), caller)).document,
    download: (documentId: string, by: LeaseRef = lease) =>
      download(create(DownloadDocumentRequestSchema, { lease: by, documentId }), context),
    store: (content: AsyncIterable<Part>, by: LeaseRef = lease) =>
      stores(requestsOf(by, content), context),
  };
}

type Part = NonNullable<MessageInitShape<typeof StoreDocumentRequestSchema>["part"]>;

async function* requestsOf(lease: LeaseRef, content: AsyncIterable<Part>) {
  const header: Part = { case: "header", value: { lease, name: "made.txt" } };
  yield create(StoreDocumentRequestSchema, { part: header });
  for await (const part of content) yield create(StoreDocumentRequestSchema, { part });
}
async function* parts(...all: readonly Part[]) {
  yield* all;
}
const piece = (text: string): Part => ({ case: "content", value: Buffer.from(text) });
const end: Part = { case: "end", value: {} };

async function contentOf(responses: AsyncIterable<object>) {
  const pieces: Uint8Array[] = [];
  let sizes = 0;
  for await (const response of responses) {
    const { part } = create(DownloadDocumentResponseSchema, response);
    if (part.case === "document") sizes += Number(part.value.size);
    if (part.case === "content") pieces.push(part.value);
  }
  return { size: sizes, text: Buffer.concat(pieces).toString(), pieces: pieces.length };
}

test("a worker reads a document of the job that it runs, whole and in pieces", async () => {
  const { named, get, download } = await running();
  expect(await get(named.id)).toMatchObject({
    ...{ id: named.id, name: "sea.txt", contentType: "text/plain" },
    ...{ size: BigInt(text.length), sha256: named.sha256 },
  });
  const content = await contentOf(download(named.id));
  expect(content).toMatchObject({ size: text.length, text });
  expect(content.pieces).toBeGreaterThan(1);
});

test("a worker reads no document that its job does not name, nor one of another key", async () => {
  const { other, theirs, get, download } = await running();
  const missing = { reason: "DOCUMENT_NOT_FOUND" };
  await expect(get(other.id)).rejects.toMatchObject(missing);
  await expect(contentOf(download(other.id))).rejects.toMatchObject(missing);
  // A gateway refuses such a job. The store refuses it too.
  await expect(get(theirs.id)).rejects.toMatchObject(missing);
});

test("only who holds the lease reads: not by a forged token, nor after the attempt's end", async () => {
  const { named, lease, get, download, settle, contextOf } = await running();
  const lost = { reason: "LEASE_LOST" };
  const forged = { ...lease, fencingToken: lease.fencingToken + 1n };
  await expect(get(named.id, forged)).rejects.toMatchObject(lost);
  await expect(contentOf(download(named.id, forged))).rejects.toMatchObject(lost);
  const mails = contextOf({ name: "mails", queues: ["mail"] });
  await expect(get(named.id, lease, mails)).rejects.toMatchObject(lost);
  await settle();
  await expect(get(named.id)).rejects.toMatchObject(lost);
  await expect(contentOf(download(named.id))).rejects.toMatchObject(lost);
});

test("a scheduler sends so many documents at once, and one more when another one has ended", async () => {
  const { named, download } = await running();
  const open = Array.from({ length: DOWNLOADS_AT_ONCE }, () =>
    download(named.id)[Symbol.asyncIterator](),
  );
  for (const one of open) await one.next();
  const tooMany = { reason: "TOO_MANY_STREAMS", metadata: { limit: String(DOWNLOADS_AT_ONCE) } };
  await expect(contentOf(download(named.id))).rejects.toMatchObject(tooMany);
  await open[0]?.return?.();
  expect(await contentOf(download(named.id))).toMatchObject({ text });
  for (const one of open.slice(1)) await one.return?.();
});

test("a scheduler without a document store says which setting it needs", async () => {
  const { named, get } = await running({ withStore: false });
  await expect(get(named.id)).rejects.toMatchObject({
    reason: "NOT_IMPLEMENTED",
    message: expect.stringContaining("MILLRACE_DOCUMENTS_DIR"),
  });
});

test("a worker stores a document of the job's key, once", async () => {
  const { lease, store, named } = await running();
  const made = await store(parts(piece("made by "), piece("a worker"), end));
  expect(made).toMatchObject({
    ...{ existing: false, document: { name: "made.txt", contentType: "text/plain", size: 16n } },
  });
  const again = await store(parts(piece("made by a worker"), end));
  expect(again).toMatchObject({ existing: true, document: { id: made.document?.id } });
  expect(lease.jobId).toContain("~aaaa~");
  expect(await store(parts(piece(text), end))).toMatchObject({
    ...{ existing: true, document: { id: named.id } },
  });
});

test("what a worker does not end is not stored, nor what it may not store", async () => {
  const { lease, store, settle } = await running();
  await expect(store(parts(piece("half")))).rejects.toMatchObject({ reason: "MALFORMED" });
  await expect(store(parts(end))).rejects.toMatchObject({ reason: "DOCUMENT_EMPTY" });
  const large = parts(piece("x".repeat(1_000_001)), end);
  await expect(store(large)).rejects.toMatchObject({ reason: "TOO_LARGE" });
  const lost = { reason: "LEASE_LOST" };
  const forged = { ...lease, fencingToken: lease.fencingToken + 1n };
  await expect(store(parts(piece("a"), end), forged)).rejects.toMatchObject(lost);
  await settle();
  await expect(store(parts(piece("a"), end))).rejects.toMatchObject(lost);
  const { store: nowhere } = await running({ withStore: false });
  await expect(nowhere(parts(piece("a"), end))).rejects.toMatchObject({
    ...{ reason: "NOT_IMPLEMENTED" },
  });
});

test("a scheduler stores a few documents at once, and then more", async () => {
  const { store } = await running();
  const go = Promise.withResolvers<void>();
  async function* slow(text: string) {
    await go.promise;
    yield* parts(piece(text), end);
  }
  const stored = Array.from({ length: STORES_AT_ONCE }, (_, at) => store(slow(`slow ${at}`)));
  await expect(store(parts(piece("a"), end))).rejects.toMatchObject({
    ...{ reason: "TOO_MANY_STREAMS", retryDelayMs: 1_000 },
  });
  go.resolve();
  await Promise.all(stored);
  expect(await store(parts(piece("a"), end))).toMatchObject({ existing: false });
});
