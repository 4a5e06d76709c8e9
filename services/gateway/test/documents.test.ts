import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  UploadDocumentHeaderSchema,
  UploadDocumentRequestSchema,
} from "@millrace/proto/document-service";
import { expect, test } from "vitest";
import { job, startGateway } from "./gateway-setup.ts";

type Part = MessageInitShape<typeof UploadDocumentRequestSchema>;
type Header = MessageInitShape<typeof UploadDocumentHeaderSchema>;

async function* upload(...content: string[]): AsyncGenerator<Part> {
  yield* withoutEnd(...content);
  yield { part: { case: "end", value: {} } };
}

async function* withoutEnd(...content: string[]): AsyncGenerator<Part> {
  yield { part: { case: "header", value: { name: "a.txt" } } };
  for (const text of content) {
    yield { part: { case: "content", value: new Uint8Array(Buffer.from(text)) } };
  }
}

async function* uploadOf(header: Header, content: Uint8Array): AsyncGenerator<Part> {
  yield { part: { case: "header", value: header } };
  yield { part: { case: "content", value: new Uint8Array(content) } };
  yield { part: { case: "end", value: {} } };
}

test("stores a document for its owner, who alone may read it or name it in a job", async () => {
  const { ours, theirs } = await startGateway();
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

test("refuses a document that is empty, too long or not what it is declared as, each with its reason", async () => {
  const { ours, stored } = await startGateway();
  const reasonOf = (...content: string[]) =>
    ours.files.uploadDocument(upload(...content)).catch((error: unknown) => error);
  expect(await reasonOf()).toMatchObject({ reason: "DOCUMENT_EMPTY" });
  expect(await reasonOf("x".repeat(1_001))).toMatchObject({ reason: "TOO_LARGE" });
  const declared = uploadOf({ contentType: "application/pdf" }, Buffer.from("no"));
  const mismatch = ours.files.uploadDocument(declared);
  await expect(mismatch).rejects.toMatchObject({ reason: "DOCUMENT_TYPE_MISMATCH" });
  expect(await stored()).toEqual([]);
});

test("does not store an upload that ends without the part end", async () => {
  const { ours, stored } = await startGateway();
  const outcome = ours.files.uploadDocument(withoutEnd("all", " of it"));
  await expect(outcome).rejects.toMatchObject({ reason: "MALFORMED" });
  expect(await stored()).toEqual([]);
});

test("does not store an upload that its caller cancels midway", async () => {
  const { ours, stored, changed } = await startGateway();
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

test("lists and deletes the documents of a key, and shows them to nobody else", async () => {
  const { ours, theirs, stored } = await startGateway();
  const uploaded = await ours.files.uploadDocument(upload("a"));
  const documentId = uploaded.document?.id ?? "";
  expect((await ours.files.listDocuments({})).documents).toEqual([uploaded.document]);
  expect((await theirs.files.listDocuments({})).documents).toEqual([]);
  const notFound = { reason: "DOCUMENT_NOT_FOUND" };
  await expect(theirs.files.deleteDocument({ documentId })).rejects.toMatchObject(notFound);
  await ours.files.deleteDocument({ documentId });
  await expect(ours.files.getDocument({ documentId })).rejects.toMatchObject(notFound);
  await expect(ours.files.deleteDocument({ documentId })).rejects.toMatchObject(notFound);
  expect((await stored()).filter((name) => name.startsWith("doc_"))).toEqual([]);
});

test("a document that an unfinished job or a schedule names is not deleted, and the refusal names it", async () => {
  const {
    ours,
    double: { uses },
  } = await startGateway();
  const documentId = (await ours.files.uploadDocument(upload("a"))).document?.id ?? "";
  uses.set(documentId, { documentId, unfinishedJobId: "documents~ours~1" });
  await expect(ours.files.deleteDocument({ documentId })).rejects.toMatchObject({
    ...{ reason: "DOCUMENT_IN_USE", message: expect.stringContaining("documents~ours~1") },
  });
  uses.set(documentId, { documentId, scheduleId: "documents~ours~nightly" });
  await expect(ours.files.deleteDocument({ documentId })).rejects.toMatchObject({
    reason: "DOCUMENT_IN_USE",
    message: expect.stringContaining("the schedule documents~ours~nightly names it"),
  });
  uses.clear();
  await ours.files.deleteDocument({ documentId });
});

test("the same upload again is the same document, so its job is the same job", async () => {
  const { ours } = await startGateway();
  const first = await ours.files.uploadDocument(upload("a"));
  const second = await ours.files.uploadDocument(upload("a"));
  expect([first.existing, second.existing]).toEqual([false, true]);
  expect(second.document?.id).toBe(first.document?.id);
});

test("what cannot be read is stored, and refused when a job is to read it", async () => {
  const { ours } = await startGateway();
  const gif = Buffer.from("474946383961010001000000", "hex");
  const { document } = await ours.files.uploadDocument(uploadOf({ name: "a.gif" }, gif));
  expect(document).toMatchObject({
    contentType: "image/gif",
    unreadable: expect.stringContaining("text recognition"),
  });
  const named = { ...job, documentIds: [document?.id ?? ""] };
  await expect(ours.jobs.submitJob({ job: { ...named, type: "summarize" } })).rejects.toMatchObject(
    { reason: "DOCUMENT_TYPE_MISMATCH", message: expect.stringContaining("text recognition") },
  );
  expect((await ours.jobs.submitJob({ job: { ...named, type: "describe" } })).job).toBeDefined();
});

test("an upload that expires in the past is refused, and says when it would", async () => {
  const { ours, stored } = await startGateway();
  const late = uploadOf({ expireTime: { seconds: 1n, nanos: 0 } }, Buffer.from("a"));
  await expect(ours.files.uploadDocument(late)).rejects.toMatchObject({
    ...{ reason: "MALFORMED", message: expect.stringContaining("1970-01-01T00:00:01") },
  });
  expect(await stored()).toEqual([]);
});
