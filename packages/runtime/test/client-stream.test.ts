import { DocumentService } from "@millrace/proto/document-service";
import { systemClock } from "@millrace/shared";
import { expect, test } from "vitest";
import {
  bindService,
  grpcClient,
  type Handlers,
  notImplemented,
  rpcError,
  serve,
} from "../src/index.ts";
import { failureOf } from "./job-server.ts";

type Upload = Handlers<typeof DocumentService>["uploadDocument"];

async function setup(uploadDocument: Upload) {
  const handlers = {
    uploadDocument,
    getDocument: notImplemented,
    listDocuments: notImplemented,
    deleteDocument: notImplemented,
    downloadDocument: notImplemented,
    createUpload: notImplemented,
    completeUpload: notImplemented,
    createDownload: notImplemented,
  };
  const bugs: unknown[] = [];
  const server = await serve({
    listen: { host: "127.0.0.1", port: 0 },
    services: [bindService(DocumentService, handlers)],
    clock: systemClock,
    onBug: (error) => bugs.push(error),
  });
  const client = grpcClient(DocumentService, server.address);
  return {
    bugs,
    rpc: client.rpc,
    async [Symbol.asyncDispose]() {
      client.close();
      await server.close();
    },
  };
}

const piece = { part: { case: "content" as const, value: new Uint8Array(1_000) } };

test("reads a whole stream of requests, and answers once", async () => {
  let pieces = 0;
  await using parts = await setup(async (requests) => {
    for await (const _ of requests) pieces += 1;
    return {};
  });
  await parts.rpc.uploadDocument(
    (async function* () {
      for (let index = 0; index < 100; index += 1) yield piece;
    })(),
  );
  expect(pieces).toBe(100);
});

test("ends the sender's source after a refusal half-way", async () => {
  const stopped = Promise.withResolvers<void>();
  await using parts = await setup(async (requests) => {
    for await (const _ of requests) throw rpcError({ reason: "TOO_LARGE", message: "too large" });
    return {};
  });
  const endless = async function* () {
    try {
      for (;;) {
        yield piece;
        await new Promise(setImmediate);
      }
    } finally {
      stopped.resolve();
    }
  };
  expect(await failureOf(parts.rpc.uploadDocument(endless()))).toMatchObject({
    reason: "TOO_LARGE",
  });
  await stopped.promise;
  expect(parts.bugs).toEqual([]);
});

test("cancels the call if the source fails, and throws the source's error", async () => {
  const arrived = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  await using parts = await setup(async (requests, { signal }) => {
    signal.addEventListener("abort", () => aborted.resolve());
    for await (const _ of requests) arrived.resolve();
    await aborted.promise;
    return {};
  });
  const broken = async function* () {
    yield piece;
    await arrived.promise;
    throw new Error("disk gone");
  };
  expect(await failureOf(parts.rpc.uploadDocument(broken()))).toMatchObject({
    message: "disk gone",
  });
  await aborted.promise;
});
