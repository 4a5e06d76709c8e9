/**
 * Batches whose documents are in an object store, in front of a worker with one slot. A batch that finds no room for its lines waits
 * for it: it leaves the slot to the lines that make room, and spends no attempt.
 */
import { connectMillrace } from "@millrace/client";
import { startSystem } from "@millrace/local";
import { s3Settings, startS3Server } from "@millrace/testing";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { accountsFile, batchEnd, createBatch, lineOf, linesOf } from "./batch-setup.ts";
import { startProvider } from "./provider.ts";
import { callersOf, clients, putModels } from "./setup.ts";

const provider = await startProvider();
const accounts = accountsFile(provider.url);
const server = await startS3Server();
const system = await startSystem({
  settings: {
    all: s3Settings(server, "batches"),
    worker: { MILLRACE_ACCOUNTS_FILE: accounts.path, MILLRACE_SLOTS: "1" },
  },
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  provider.close();
  accounts.remove();
});
await putModels(system, { "gpt-test": "acme/main" });
const queue = "documents";
const timeout = 300_000;

async function callers(name: string) {
  const apiKey = await system.createApiKey(name);
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey });
  onTestFinished(() => millrace.close());
  return { client: callersOf(system, apiKey).clientOf(clients["openai 7"] as never), millrace };
}

const linesTo = (count: number) =>
  Array.from({ length: count }, (_, n) => lineOf(`line ${n}`, `number ${n}`));

test(
  "a batch reads its file from an object store, and writes its output there",
  async () => {
    const { client } = await callers("stores");
    const before = server.stored.objects.size;
    const { id } = await createBatch(client, linesTo(20));
    const batch = await batchEnd(client, id);
    expect(batch).toMatchObject({ status: "completed", request_counts: { completed: 20 } });
    expect(server.stored.objects.size).toBeGreaterThan(before);
    const output = await linesOf(client, batch.output_file_id);
    expect(output.map(({ custom_id: custom }) => custom)).toEqual(
      linesTo(20).map((_, n) => `line ${n}`),
    );
  },
  timeout,
);

test(
  "lines beyond the key's limit of waiting jobs are added when others have ended, in the same attempt",
  async () => {
    const { client, millrace } = await callers("waits");
    await system.putQueue({ name: queue, maxDepthPerKey: 3 });
    const { id } = await createBatch(client, linesTo(4));
    const batch = await batchEnd(client, id);
    expect(batch).toMatchObject({
      status: "completed",
      request_counts: { total: 4, completed: 4, failed: 0 },
    });
    expect(await linesOf(client, batch.output_file_id)).toHaveLength(4);
    const job = await millrace.getJob(id.slice("batch_".length));
    expect(job).toMatchObject({ attempt: 1, bounces: 1 });
  },
  timeout,
);

test(
  "a batch that finds no room until it expires keeps what its lines gave",
  async () => {
    const { client, millrace } = await callers("expires");
    await system.putQueue({ name: queue, maxDepthPerKey: 3 });
    // They wait longer than the test takes, and leave room for the batch, and then for one line.
    const later = { queue, type: "chat", payload: {}, runAt: new Date(Date.now() + 3_600_000) };
    for (const _ of [1, 2]) await millrace.submit(later);
    // Its second run begins 40 s after its first one at the earliest.
    const headers = { "x-millrace-deadline": "40" };
    const { id } = await createBatch(client, linesTo(3), {}, headers);
    const batch = await batchEnd(client, id);
    expect(batch).toMatchObject({
      status: "expired",
      request_counts: { total: 3, completed: 1, failed: 0 },
    });
    expect(await linesOf(client, batch.output_file_id)).toMatchObject([{ custom_id: "line 0" }]);
    expect(await linesOf(client, batch.error_file_id)).toMatchObject(
      [1, 2].map((n) => ({ custom_id: `line ${n}`, error: { code: "batch_expired" } })),
    );
    const job = await millrace.getJob(id.slice("batch_".length));
    expect(job).toMatchObject({ attempt: 1, bounces: 1 });
  },
  timeout,
);
