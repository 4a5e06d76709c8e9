import { expect, test } from "vitest";
import { job, startGateway } from "./gateway-setup.ts";

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

test("refuses a document that is empty, too long or of an unknown type, each with its reason", async () => {
  const { ours, stored } = await startGateway();
  const reasonOf = (...content: string[]) =>
    ours.files.uploadDocument(upload(...content)).catch((error: unknown) => error);
  expect(await reasonOf()).toMatchObject({ reason: "DOCUMENT_EMPTY" });
  expect(await reasonOf("x".repeat(1_001))).toMatchObject({ reason: "TOO_LARGE" });
  expect(await reasonOf("\0")).toMatchObject({ reason: "DOCUMENT_TYPE_MISMATCH" });
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
