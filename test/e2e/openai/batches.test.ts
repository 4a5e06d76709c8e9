/** Batches through the official SDKs, unchanged: from the upload of a file to what its lines gave. */
import { connectMillrace } from "@millrace/client";
import { startSystem } from "@millrace/local";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import { accountsFile, batchEnd, createBatch, lineOf, linesOf } from "./batch-setup.ts";
import { startProvider } from "./provider.ts";
import { callersOf, clients, putModels } from "./setup.ts";

const provider = await startProvider();
const accounts = accountsFile(provider.url);
const system = await startSystem({
  settings: { worker: { MILLRACE_ACCOUNTS_FILE: accounts.path, MILLRACE_SLOTS: "20" } },
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  provider.close();
  accounts.remove();
});
await putModels(system, { "gpt-test": "acme/main" });
const { clientOf, call } = callersOf(system);
const sdks = Object.entries(clients);
const newest = () => clientOf(clients["openai 7"] as never, { maxRetries: 2 });
const timeout = 300_000;

test.each(sdks)(
  "%s: a batch has an answer for each line, in the order of its file",
  async (name, Client) => {
    const client = clientOf(Client, { apiKey: await system.createApiKey(name) });
    const lines = Array.from({ length: 300 }, (_, n) => lineOf(`line ${n}`, `number ${n}`));
    const more = { metadata: { team: "search" }, output_expires_after: EXPIRES };
    const made = await createBatch(client, lines, more);
    expect(made).toMatchObject({
      ...{ object: "batch", endpoint: "/v1/chat/completions", completion_window: "24h" },
      ...{ metadata: { team: "search" }, output_file_id: null, error_file_id: null },
    });
    expect(made.expires_at).toBe(made.created_at + 86_400);
    const batch = await batchEnd(client, made.id);
    expect(batch).toMatchObject({
      ...{ status: "completed", errors: null, error_file_id: null },
      request_counts: { total: 300, completed: 300, failed: 0 },
      usage: { input_tokens: 2_100, output_tokens: 1_500, total_tokens: 3_600 },
    });
    expect(batch.completed_at).toBeGreaterThanOrEqual(batch.in_progress_at ?? Number.NaN);
    const output = await linesOf(client, batch.output_file_id);
    expect(output.map(({ custom_id: id }) => id)).toEqual(lines.map((_, n) => `line ${n}`));
    expect(output[7]).toMatchObject({
      ...{ id: expect.stringMatching(/^batch_req_/), error: null },
      response: {
        ...{ status_code: 200, request_id: expect.stringMatching(/^documents~/) },
        body: { choices: [{ message: { content: "You said: number 7" } }] },
      },
    });
    const file = await client.files.retrieve(String(batch.output_file_id));
    expect(file).toMatchObject({ purpose: "batch_output" });
    expect(file.expires_at).toBeLessThanOrEqual(Date.now() / 1_000 + EXPIRES.seconds);

    const second = await createBatch(client, [lineOf("a", "one")]);
    await batchEnd(client, second.id);
    const ids = [];
    for await (const { id } of client.batches.list({ limit: 1 })) ids.push(id);
    expect(ids).toEqual([second.id, made.id]);
    expect((await client.batches.list({ after: second.id })).data.map(({ id }) => id)).toEqual([
      made.id,
    ]);
  },
  timeout,
);

const EXPIRES = { anchor: "created_at", seconds: 3_600 } as const;

test(
  "each wrong line is told with its number, and no line runs",
  async () => {
    const client = newest();
    const before = provider.calls.length;
    const wrong = [
      lineOf("a", "one"),
      "",
      "{",
      lineOf("a", "two"),
      lineOf("b", "three", { model: "gpt-tst" }),
      lineOf("c", "four", { stream: true }),
      lineOf("d", "five", { messages: [] }),
      lineOf("", "six"),
      lineOf("e", "seven").replace("POST", "GET"),
      lineOf("f", "eight").replace("/v1/chat", "/v2/chat"),
      lineOf("g", "x".repeat(262_144)),
      lineOf("h", "nine", { messages: [{ content: [{ file_id: MISSING }] }] }),
    ];
    const batch = await batchEnd(client, (await createBatch(client, wrong)).id);
    expect(batch.status).toBe("failed");
    expect(batch.output_file_id).toBeNull();
    expect(batch.errors?.data?.map(({ line, code }) => [line, code])).toEqual([
      [3, "invalid_json_line"],
      [4, "duplicate_custom_id"],
      [5, "model_not_found"],
      [6, "invalid_request"],
      [7, "invalid_request"],
      [8, "invalid_custom_id"],
      [9, "invalid_method"],
      [10, "invalid_url"],
      [11, "request_too_large"],
      [12, "document_not_found"],
    ]);
    expect(batch.errors?.data?.[4]).toMatchObject({ param: "body.messages" });
    expect(provider.calls.length).toBe(before);
    const empty = await batchEnd(client, (await createBatch(client, ["", " "])).id);
    expect(empty.errors?.data).toMatchObject([{ code: "empty_file", line: null }]);
  },
  timeout,
);

const MISSING = "doc_01JDXW5T5Q6M3C9N2V8K4H7R1B";

test(
  "what the provider refuses is in the error file, and counts as failed",
  async () => {
    const client = newest();
    const lines = [lineOf("right", "one"), lineOf("wrong", "refuse 422 this")];
    const batch = await batchEnd(client, (await createBatch(client, lines)).id);
    expect(batch).toMatchObject({
      status: "completed",
      request_counts: { total: 2, completed: 1, failed: 1 },
    });
    expect(await linesOf(client, batch.output_file_id)).toMatchObject([{ custom_id: "right" }]);
    expect(await linesOf(client, batch.error_file_id)).toMatchObject([
      {
        ...{ custom_id: "wrong", error: null },
        response: { status_code: 422, body: { error: { code: "no_such_thing" } } },
      },
    ]);
  },
  timeout,
);

/** A batch of one line that is answered, and one that is not. */
async function halfDone(headers: Readonly<Record<string, string>> = {}) {
  const client = newest();
  const held = provider.next();
  const lines = [lineOf("done", "one"), lineOf("held", "hold")];
  const { id } = await createBatch(client, lines, {}, headers);
  const call = await held;
  await vi.waitFor(
    async () => {
      const batch = await client.batches.retrieve(id);
      expect(batch).toMatchObject({ status: "in_progress", request_counts: { completed: 1 } });
    },
    { timeout: 60_000 },
  );
  return { client, id, call };
}

test(
  "a cancelled batch keeps what its lines gave until then",
  async () => {
    const { client, id, call: held } = await halfDone();
    expect(["cancelling", "cancelled"]).toContain((await client.batches.cancel(id)).status);
    const batch = await batchEnd(client, id);
    await held.left;
    expect(batch).toMatchObject({
      status: "cancelled",
      request_counts: { total: 2, completed: 1, failed: 0 },
    });
    expect(batch.cancelled_at).toBeGreaterThan(0);
    expect(await linesOf(client, batch.output_file_id)).toMatchObject([{ custom_id: "done" }]);
    expect(await linesOf(client, batch.error_file_id)).toMatchObject([
      { custom_id: "held", response: null, error: { code: "batch_cancelled" } },
    ]);
    expect(await client.batches.cancel(id)).toEqual(batch);
  },
  timeout,
);

test(
  "a batch that expires keeps what its lines gave until then",
  async () => {
    const { client, id } = await halfDone({ "x-millrace-deadline": "30" });
    const batch = await batchEnd(client, id);
    expect(batch).toMatchObject({
      status: "expired",
      request_counts: { total: 2, completed: 1, failed: 0 },
    });
    expect(await linesOf(client, batch.output_file_id)).toMatchObject([{ custom_id: "done" }]);
    expect(await linesOf(client, batch.error_file_id)).toMatchObject([
      { custom_id: "held", response: null, error: { code: "batch_expired" } },
    ]);
  },
  timeout,
);

test(
  "a line is a job of the batch band, and a long result is whole in the output",
  async () => {
    const client = newest();
    const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
    onTestFinished(() => millrace.close());
    const long = "long ".repeat(20_000);
    const headers = { "x-millrace-labels": "team=search", "x-millrace-priority": "80" };
    const { id } = await createBatch(client, [lineOf("a", long)], {}, headers);
    const batch = await batchEnd(client, id);
    const [line] = await linesOf(client, batch.output_file_id);
    expect(line?.response?.body.choices[0]?.message.content).toBe(`You said: ${long}`);
    const job = await millrace.getJob(String(line?.response?.request_id));
    expect(job).toMatchObject({
      ...{ type: "chat.completions", priority: 80, model: "gpt-test" },
      labels: { team: "search", "openai.batch": "true", "openai.custom_id": "a" },
    });
  },
  timeout,
);

test("a repeated create joins its batch, and another key sees nothing of it", async () => {
  const client = newest();
  const headers = { "idempotency-key": "once" };
  const file = new File([lineOf("a", "same file")], "a.jsonl");
  const { id: input } = await client.files.create({ file, purpose: "batch" });
  const body = {
    ...{ input_file_id: input, endpoint: "/v1/chat/completions" as const },
    completion_window: "24h" as const,
  };
  const deadline = { "x-millrace-deadline": "2099-01-01T00:00:00Z" };
  const { id } = await client.batches.create(body, { headers: { ...headers, ...deadline } });
  await batchEnd(client, id);
  const again = await client.batches.create(body, { headers: { ...headers, ...deadline } });
  expect(again).toMatchObject({ id, status: "completed" });

  const theirs = clientOf(clients["openai 7"] as never, {
    apiKey: await system.createApiKey("other"),
  });
  const missing = { status: 404, code: "job_not_found" };
  await expect(theirs.batches.retrieve(id)).rejects.toMatchObject(missing);
  await expect(theirs.batches.cancel(id)).rejects.toMatchObject(missing);
  await expect(theirs.batches.create(body)).rejects.toMatchObject({ code: "document_not_found" });
  expect((await theirs.batches.list()).data).toEqual([]);
});

test.each([
  [{ endpoint: "/v1/moderations" }, "endpoint"],
  [{ completion_window: "0h" }, "completion_window"],
  [{ completion_window: "169h" }, "completion_window"],
  [{ input_file_id: "file-theirs" }, "input_file_id"],
  [{ metadata: { a: 1 } }, "metadata"],
  [{ output_expires_after: { anchor: "created_at", seconds: 1 } }, "output_expires_after.seconds"],
])("refuses a batch with %j", async (wrong, param) => {
  const right = { input_file_id: MISSING, endpoint: "/v1/embeddings", completion_window: "168h" };
  const answer = await call("/v1/batches", { ...right, ...wrong });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ error: { param } });
});
