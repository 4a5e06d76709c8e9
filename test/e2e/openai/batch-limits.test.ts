/** How many lines a batch may have, and how long they and its file may be: at each limit, and one beyond it. */
import { startSystem } from "@millrace/local";
import { limits } from "@millrace/shared";
import { afterAll, expect, test, vi } from "vitest";
import { accountsFile, batchEnd, createBatch, fileOf, lineOf, linesOf } from "./batch-setup.ts";
import { startProvider } from "./provider.ts";
import { callersOf, clients, putModels } from "./setup.ts";

const FILE_BYTES = 8_000_000;
const provider = await startProvider();
const accounts = accountsFile(provider.url);
const system = await startSystem({
  settings: {
    gateway: {
      MILLRACE_BATCH_FILE_BYTES: String(FILE_BYTES),
      // The larger one of the two holds for batches.
      MILLRACE_DOCUMENT_BYTES: "1000",
    },
    worker: { MILLRACE_ACCOUNTS_FILE: accounts.path, MILLRACE_SLOTS: "20" },
  },
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  provider.close();
  accounts.remove();
});
await putModels(system, { "gpt-test": "acme/main" });
const client = callersOf(system).clientOf(clients["openai 7"] as never);
const timeout = 300_000;

/** A line whose body has so many bytes. */
function lineWith(customId: string, bytes: number): string {
  const bytesOf = (line: string) => Buffer.byteLength(JSON.stringify(JSON.parse(line).body));
  return lineOf(customId, "x".repeat(bytes - bytesOf(lineOf(customId, ""))));
}

test(
  "the body of a line may have 256 KiB, and not one byte more",
  async () => {
    const most = lineWith("most", limits.payloadBytes);
    const right = await batchEnd(client, (await createBatch(client, [most])).id);
    expect(right.status).toBe("completed");
    expect(await linesOf(client, right.output_file_id)).toHaveLength(1);
    const lines = [most, lineWith("more", limits.payloadBytes + 1)];
    const wrong = await batchEnd(client, (await createBatch(client, lines)).id);
    expect(wrong).toMatchObject({ status: "failed", output_file_id: null });
    expect(wrong.errors?.data).toMatchObject([{ line: 2, code: "request_too_large" }]);
  },
  timeout,
);

test("the file of a batch may have as many bytes as its limit, and not one more", async () => {
  const line = lineOf("a", "one");
  /** A request, and lines without one, of which none is too long. */
  const textOf = (bytes: number): string[] => {
    const rest = bytes - Buffer.byteLength(line) - 1;
    const blank = " ".repeat(999);
    const whole = Math.max(0, Math.floor(rest / 1_000) - 1);
    const last = " ".repeat(rest - 1_000 * whole - 1);
    return [line, ...Array.from({ length: whole }, () => blank), last];
  };
  const upload = (bytes: number, purpose: "batch" | "user_data" = "batch") =>
    client.files.create({ file: fileOf(textOf(bytes)), purpose });
  const { id, bytes } = await upload(FILE_BYTES);
  expect(bytes).toBe(FILE_BYTES);
  const batch = await client.batches.create({
    ...{ input_file_id: id, endpoint: "/v1/chat/completions", completion_window: "24h" },
  });
  expect((await batchEnd(client, batch.id)).status).toBe("completed");
  await expect(upload(FILE_BYTES + 1)).rejects.toMatchObject({ status: 413 });
  // Other files have the limit of documents.
  expect((await upload(1_000, "user_data")).bytes).toBe(1_000);
  await expect(upload(1_001, "user_data")).rejects.toMatchObject({ status: 413 });
});

test(
  "a batch may have 50,000 lines, and not one more",
  async () => {
    const lines = Array.from({ length: limits.batchLines + 1 }, (_, n) => lineOf(`${n}`, "a"));
    const more = await batchEnd(client, (await createBatch(client, lines)).id);
    expect(more).toMatchObject({ status: "failed", output_file_id: null });
    expect(more.errors?.data).toMatchObject([
      { line: limits.batchLines + 1, code: "too_many_lines" },
    ]);
    const { id } = await createBatch(client, lines.slice(1));
    // Its lines are right. To run all of them takes too long here.
    await vi.waitFor(
      async () => expect((await client.batches.retrieve(id)).request_counts?.total).toBe(50_000),
      { timeout: 240_000, interval: 500 },
    );
    await client.batches.cancel(id);
    const most = await batchEnd(client, id);
    expect(most).toMatchObject({
      status: "cancelled",
      request_counts: { total: 50_000, failed: 0 },
    });
    const answered = await linesOf(client, most.output_file_id);
    const cancelled = await linesOf(client, most.error_file_id);
    expect(answered.length).toBe(most.request_counts?.completed);
    expect(answered.length + cancelled.length).toBe(limits.batchLines);
  },
  timeout,
);

test(
  "a batch that is cancelled while its lines are added is cancelled, and not failed",
  async () => {
    const lines = Array.from({ length: 20_000 }, (_, n) => lineOf(`${n}`, "a"));
    const { id } = await createBatch(client, lines);
    await vi.waitFor(
      async () => expect((await client.batches.retrieve(id)).status).toBe("in_progress"),
      { timeout: 120_000, interval: 5 },
    );
    await client.batches.cancel(id);
    expect(await batchEnd(client, id)).toMatchObject({ status: "cancelled", errors: null });
  },
  timeout,
);
