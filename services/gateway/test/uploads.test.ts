/** Limits on the uploads of one key, over gRPC and HTTP, with a scheduler that returns the limit of the key's budget. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDocumentStore } from "@millrace/documents";
import { DocumentService } from "@millrace/proto/document-service";
import { grpcClient, serve, serveHttp } from "@millrace/runtime";
import { systemRandom as random, systemClock, type TimerHandle } from "@millrace/shared";
import { createMetrics } from "@millrace/telemetry";
import { ManualClock } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { gatewayParts } from "../src/gateway-parts.ts";
import { gatewayRoutes } from "../src/http/routes.ts";
import { schedulerClient } from "../src/scheduler/scheduler-client.ts";
import { schedulerClock } from "../src/scheduler/scheduler-clock.ts";
import { gatewayServices } from "../src/service.ts";
import { startSchedulerDouble } from "./scheduler-double.ts";

const secret = "a".repeat(32);
const uploadTimes = { idleMs: 1_234, totalMs: 10_000 };
/** The least number of bytes that a document counts. */
const LEAST = 12 * 1_024;

/** Reports when an upload waits for its next piece. */
class WatchedClock extends ManualClock {
  #waits = 0;
  #reportWait = () => {};

  override after(delayMs: number, run: () => void): TimerHandle {
    if (delayMs === uploadTimes.idleMs) {
      this.#waits += 1;
      this.#reportWait();
    }
    return super.after(delayMs, run);
  }

  async waits(times: number): Promise<void> {
    while (this.#waits < times) await new Promise<void>((resolve) => (this.#reportWait = resolve));
  }
}

async function setup(
  options: { uploadsPerKey?: number; documentBytesPerKey?: number } = {},
  maxStoredBytes?: number,
) {
  const directory = await mkdtemp(join(tmpdir(), "millrace-uploads-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const keys = { ours: secret, theirs: secret };
  const double = await startSchedulerDouble(keys, systemClock, maxStoredBytes);
  onTestFinished(() => double.close());
  const scheduler = schedulerClient({
    ...{ address: double.address, deadlineMs: 10_000, clock: systemClock, random },
  });
  onTestFinished(() => scheduler.close());
  const clock = new WatchedClock();
  const documents = await openDocumentStore({ directory, maxBytes: 100_000, clock, random });
  const parts = gatewayParts({
    ...{ scheduler: scheduler.rpc, documents, clock, random, metrics: createMetrics("gateway") },
    schedulerClock: schedulerClock({ scheduler: scheduler.rpc, local: clock }),
    ...{ schedulerDeadlineMs: 10_000, uploadTimes, ...options },
  });
  onTestFinished(() => parts.close());
  const common = {
    services: gatewayServices(parts),
    authenticate: parts.authenticate,
    clock: systemClock,
    onBug: (error: unknown) => {
      throw error;
    },
  };
  const listen = { host: "127.0.0.1", port: 0 };
  const grpc = await serve({ ...common, listen });
  onTestFinished(() => grpc.close());
  const http = await serveHttp({ ...common, listen, routes: gatewayRoutes(parts, systemClock) });
  onTestFinished(() => http.close());
  const as = (key: string) => {
    const client = grpcClient(DocumentService, grpc.address, { token: `mr_${key}_${secret}` });
    onTestFinished(() => client.close());
    return client.rpc;
  };
  const put = (body: string, headers = {}) =>
    fetch(`http://${http.address}/v1/documents`, {
      ...{ method: "PUT", body },
      headers: { authorization: `Bearer mr_ours_${secret}`, ...headers },
    });
  /** A PUT whose Content-Length is longer than what it sends. */
  const begin = () => {
    const [host, port] = http.address.split(":");
    const headers = { authorization: `Bearer mr_ours_${secret}`, "content-length": "1000" };
    const call = httpRequest({ host, port, method: "PUT", path: "/v1/documents", headers });
    call.on("error", () => {});
    onTestFinished(() => void call.destroy());
    const answer = new Promise<IncomingMessage>((resolve) => call.once("response", resolve));
    call.write("half");
    return answer;
  };
  const partial = async () => (await readdir(directory)).filter((name) => name.endsWith(".part"));
  return { clock, as, ours: as("ours"), put, begin, partial };
}

const header = { part: { case: "header" as const, value: { name: "a.txt" } } };
const piece = (bytes: number) => ({
  part: { case: "content" as const, value: new Uint8Array(bytes).fill(97) },
});
const end = { part: { case: "end" as const, value: {} } };

async function* whole(bytes: number) {
  yield header;
  yield piece(bytes);
  yield end;
}

async function* endless(until: Promise<unknown>) {
  yield header;
  yield piece(1);
  await until;
}

test("ends an upload over gRPC that sends nothing, and stores nothing of it", async () => {
  const { clock, ours, partial } = await setup();
  const { promise, resolve } = Promise.withResolvers<void>();
  const outcome = ours.uploadDocument(endless(promise)).catch((error: unknown) => error);
  await clock.waits(3);
  clock.advance(uploadTimes.idleMs);
  expect(await outcome).toMatchObject({ reason: "UPLOAD_TIMEOUT", metadata: { limit_ms: "1234" } });
  resolve();
  expect(await partial()).toEqual([]);
});

test("answers an upload over HTTP that sends nothing with 408", async () => {
  const { clock, begin, partial } = await setup();
  const answer = begin();
  // HTTP has no message for the header, so the header is there at once.
  await clock.waits(3);
  clock.advance(uploadTimes.idleMs);
  expect((await answer).statusCode).toBe(408);
  expect(await partial()).toEqual([]);
});

test("allows a key as many open uploads as the limit, over gRPC and HTTP together, and not one more", async () => {
  const { clock, as, ours, put } = await setup({ uploadsPerKey: 2 });
  const { promise, resolve } = Promise.withResolvers<void>();
  const abort = new AbortController();
  const { signal } = abort;
  const open = [1, 2].map(() =>
    ours.uploadDocument(endless(promise), { signal }).catch((error: unknown) => error),
  );
  await clock.waits(6);
  const refused = await ours.uploadDocument(whole(1)).catch((error: unknown) => error);
  const tooMany = { reason: "TOO_MANY_UPLOADS", metadata: { limit: "2" } };
  expect(refused).toMatchObject({ ...tooMany, retryDelayMs: 2_000 });
  const answer = await put("text");
  expect([answer.status, await answer.json()]).toMatchObject([429, tooMany]);
  await as("theirs").uploadDocument(whole(1));
  clock.advance(uploadTimes.idleMs);
  await Promise.all(open);
  resolve();
  await ours.uploadDocument(whole(1));
  expect((await put("text")).status).toBe(201);
});

test("limits the documents of a key by its budget, whatever the gateway's own limit is", async () => {
  const { as, ours, put } = await setup({ documentBytesPerKey: 1 }, 3 * LEAST);
  await ours.uploadDocument(whole(2 * LEAST));
  await ours.uploadDocument(whole(1));
  const refused = await ours.uploadDocument(whole(1)).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    ...{ reason: "STORED_BYTES_FULL", retryDelayMs: 30_000 },
    metadata: { limit: String(3 * LEAST), stored: String(3 * LEAST) },
  });
  expect((await put("text")).status).toBe(429);
  await as("theirs").uploadDocument(whole(1));
});

test.each([
  [2 * LEAST, "stored"],
  [2 * LEAST - 1, "STORED_BYTES_FULL"],
])(
  "applies the gateway's limit of %i without a limit in the budget: %s",
  async (bound, outcome) => {
    const { ours } = await setup({ documentBytesPerKey: bound });
    const result = await ours.uploadDocument(whole(2 * LEAST)).then(
      () => "stored",
      (error: { reason: string }) => error.reason,
    );
    expect(result).toBe(outcome);
  },
);

test("treats a limit of 0 as no limit", async () => {
  const { ours } = await setup({ documentBytesPerKey: 0 });
  await ours.uploadDocument(whole(90_000));
});
