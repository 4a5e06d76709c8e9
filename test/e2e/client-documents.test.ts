/** Tests uploads and downloads of documents through gateways that stop in the middle. */
import { once } from "node:events";
import { connectMillrace } from "@millrace/client";
import { DocumentService } from "@millrace/proto/document-service";
import { bindService, notImplemented, rpcError, serve } from "@millrace/runtime";
import { systemClock as clock } from "@millrace/shared";
import { expect, onTestFinished, test } from "vitest";

/** The id of the document, whatever was uploaded. */
const ID = "doc_01JDXW5T5Q6M3C9N2V8K4H7R1B";
const draining = () => rpcError({ reason: "DRAINING", message: "stops" });

interface Behaviour {
  /** How many pieces of the first download come before it is cut. */
  readonly begun?: number;
  /** Downloads never begin. */
  readonly silent?: boolean;
  readonly deadlineMs?: number;
}

/** Starts a gateway on real gRPC that refuses the first upload in its middle. Downloads behave as the test sets. */
async function setup({ begun = 0, silent = false, ...options }: Behaviour = {}) {
  const ended = Promise.withResolvers<void>();
  const uploads: string[] = [];
  let downloads = 0;
  const server = await serve({
    listen: { host: "127.0.0.1", port: 0 },
    clock,
    onBug: (error) => {
      throw error;
    },
    services: [
      bindService(DocumentService, {
        async uploadDocument(requests) {
          uploads.push("");
          for await (const { part } of requests) {
            if (part.case === "content") {
              uploads.push(`${uploads.pop()}${Buffer.from(part.value).toString()}`);
            }
            if (part.case === "content" && uploads.length === 1) throw draining();
          }
          return { document: { id: `doc-${uploads.length}` } };
        },
        getDocument: notImplemented,
        listDocuments: notImplemented,
        deleteDocument: notImplemented,
        createUpload: notImplemented,
        completeUpload: notImplemented,
        createDownload: notImplemented,
        async *downloadDocument(_, { signal }) {
          downloads += 1;
          if (silent) {
            await once(signal, "abort");
            ended.resolve();
          }
          const part = { case: "content" as const, value: new Uint8Array(Buffer.from("calm.")) };
          if (downloads > 1) yield { part };
          else {
            for (let i = 0; i < begun; i += 1) yield { part };
            throw draining();
          }
        },
      }),
    ],
  });
  onTestFinished(() => server.close());
  const millrace = connectMillrace({
    ...{ address: server.address, apiKey: "mr_key_secret" },
    ...options,
  });
  onTestFinished(() => millrace.close());
  return { millrace, uploads, downloads: () => downloads, ended: ended.promise };
}

test("bytes are uploaded again from the start after a cut", async () => {
  const { millrace, uploads } = await setup();
  expect((await millrace.uploadDocument(Buffer.from("The sea."))).id).toBe("doc-2");
  expect(uploads.at(-1)).toBe("The sea.");
});

test("a stream is not uploaded again after a cut", async () => {
  const { millrace, uploads } = await setup();
  const upload = millrace.uploadDocument(new Blob(["The sea."]).stream());
  await expect(upload).rejects.toMatchObject({ reason: "DRAINING", retryable: true });
  expect(uploads).toHaveLength(1);
});

test("a download is repeated until it begins, and not afterwards", async () => {
  const first = await setup();
  const pieces = await Array.fromAsync(first.millrace.downloadDocument(ID));
  expect(Buffer.concat(pieces).toString()).toBe("calm.");
  expect(first.downloads()).toBe(2);
  const cut = await setup({ begun: 1 });
  await expect(Array.fromAsync(cut.millrace.downloadDocument(ID))).rejects.toMatchObject({
    reason: "DRAINING",
  });
  expect(cut.downloads()).toBe(1);
});

test("a download that does not begin ends at the client's deadline", async () => {
  const { millrace, downloads, ended } = await setup({ silent: true, deadlineMs: 200 });
  await expect(Array.fromAsync(millrace.downloadDocument(ID))).rejects.toMatchObject({
    ...{ code: "DEADLINE_EXCEEDED", retryable: true },
    message: expect.stringContaining("has sent nothing"),
  });
  await ended;
  expect(downloads()).toBe(1);
});

test("a download that does not begin ends when its caller aborts", async () => {
  const { millrace, ended } = await setup({ silent: true });
  const pieces = millrace.downloadDocument(ID, { signal: AbortSignal.timeout(100) });
  await expect(Array.fromAsync(pieces)).rejects.toMatchObject({ code: "CANCELLED" });
  await ended;
});
