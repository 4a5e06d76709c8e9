// Uploads and downloads past the gateway, with documents in an object store.
import { createHash } from "node:crypto";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { systemClock } from "@millrace/shared";
import { startS3Server } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { job, startGateway } from "./gateway-setup.ts";

const MINUTE_MS = 60_000;
const content = "The sea was calm.";
const sha256 = createHash("sha256").update(content).digest("hex");
const promised = { size: BigInt(content.length), sha256 };
const absent = "doc_01JDXW5T5Q6M3C9N2V8K4H7R1B";

async function setup() {
  const server = await startS3Server();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const { endpoint, bucket, access } = server;
  const { region, ...credentials } = access;
  const s3 = { endpoint, bucket, prefix: "", region, credentials };
  return { server, ...(await startGateway(systemClock, { s3 })) };
}

const send = (url: string, headers: Readonly<Record<string, string>>, body = content) =>
  fetch(url, { method: "PUT", headers, body });

test("an upload past the gateway is a document once it is completed, and only then can be named", async () => {
  const { ours, theirs } = await setup();
  const header = { name: "sea.md", contentType: "text/markdown" };
  const { uploadId, url, headers, expireTime } = await ours.files.createUpload({
    header,
    ...promised,
  });
  const untilMs =
    timestampMs(expireTime ?? ({ seconds: 0n, nanos: 0 } as never)) - systemClock.nowMs();
  expect(untilMs).toBeGreaterThan(14 * MINUTE_MS);
  expect(untilMs).toBeLessThanOrEqual(15 * MINUTE_MS);
  const early = ours.jobs.submitJob({ job: { ...job, documentIds: [uploadId] } });
  await expect(early).rejects.toMatchObject({ reason: "DOCUMENT_NOT_FOUND" });
  const incomplete = ours.files.completeUpload({ uploadId });
  await expect(incomplete).rejects.toMatchObject({ reason: "UPLOAD_INCOMPLETE" });
  expect((await send(url, headers)).status).toBe(200);
  const other = theirs.files.completeUpload({ uploadId });
  await expect(other).rejects.toMatchObject({ reason: "UPLOAD_NOT_FOUND" });
  const { document, existing } = await ours.files.completeUpload({ uploadId });
  expect(existing).toBe(false);
  expect(document).toMatchObject({ id: uploadId, ...header, ...promised });
  await ours.jobs.submitJob({ job: { ...job, documentIds: [uploadId] } });
  // The same content again is the same document.
  const second = await ours.files.createUpload({ header, ...promised });
  await send(second.url, second.headers);
  const again = await ours.files.completeUpload({ uploadId: second.uploadId });
  expect(again).toMatchObject({ existing: true, document: { id: uploadId } });
});

test("a download past the gateway is for the owner of the document", async () => {
  const { ours, theirs } = await setup();
  const { uploadId, url, headers } = await ours.files.createUpload({
    ...{ header: { name: "sea.txt" }, ...promised },
  });
  await send(url, headers);
  await ours.files.completeUpload({ uploadId });
  const download = await ours.files.createDownload({ documentId: uploadId });
  expect(timestampMs(download.expireTime as never)).toBeGreaterThan(systemClock.nowMs());
  expect(await (await fetch(download.url)).text()).toBe(content);
  const stolen = theirs.files.createDownload({ documentId: uploadId });
  await expect(stolen).rejects.toMatchObject({ reason: "DOCUMENT_NOT_FOUND" });
});

test.each([
  ["of nothing", { size: 0n }, "DOCUMENT_EMPTY"],
  ["of a byte beyond the limit", { size: 1_001n }, "TOO_LARGE"],
  ["without a hash", { sha256: "" }, "MALFORMED"],
  ["without a header", { header: undefined }, "MALFORMED"],
])("an upload %s gets no address", async (_, changes, reason) => {
  const { ours } = await setup();
  const request = { header: { name: "a" }, ...promised, ...changes };
  await expect(ours.files.createUpload(request as never)).rejects.toMatchObject({ reason });
});

test("an upload that nobody began, and one of another type, are refused", async () => {
  const { ours } = await setup();
  const unknown = ours.files.completeUpload({ uploadId: absent });
  await expect(unknown).rejects.toMatchObject({ reason: "UPLOAD_NOT_FOUND" });
  const header = { name: "a.pdf", contentType: "application/pdf" };
  const { uploadId, url, headers } = await ours.files.createUpload({ header, ...promised });
  await send(url, headers);
  const wrong = ours.files.completeUpload({ uploadId });
  await expect(wrong).rejects.toMatchObject({ reason: "DOCUMENT_TYPE_MISMATCH" });
});

test("a caller learns what is wrong with the object store, and nothing else of it", async () => {
  const { ours, server } = await setup();
  server.refuse(() => "ExpiredToken");
  const fault = await ours.files.getDocument({ documentId: absent }).catch((error) => error);
  expect(fault).toMatchObject({ reason: "DOCUMENT_STORE_REFUSED" });
  expect(fault.message).toContain("have expired");
  server.refuse(() => "SlowDown");
  const submitted = ours.jobs.submitJob({ job: { ...job, documentIds: [absent] } });
  await expect(submitted).rejects.toMatchObject({ reason: "DOCUMENT_STORE_UNAVAILABLE" });
});

test("a directory has no addresses, and says what to use", async () => {
  const { ours } = await startGateway();
  const upload = ours.files.createUpload({ header: { name: "a" }, ...promised });
  await expect(upload).rejects.toMatchObject({
    reason: "NO_OBJECT_STORE",
    message: expect.stringContaining("use UploadDocument"),
  });
});
