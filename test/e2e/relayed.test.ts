// Requests that are passed on, from a caller to a provider and back, by a worker that has its accounts from a file.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectMillrace } from "@millrace/client";
import { startSystem } from "@millrace/local";
import {
  answerChunk,
  type ProviderBehaviour,
  type ProviderReply,
  startProviderSimulator,
} from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";

const call = {
  id: "t1",
  type: "function",
  function: { name: "turn", arguments: '{"by":"water"}' },
};
const toolCall: ProviderReply = {
  kind: "stream",
  events: [
    answerChunk({ role: "assistant", content: null, tool_calls: [{ index: 0, ...call }] }),
    answerChunk({}, "tool_calls"),
    { ...answerChunk({}), choices: [], usage: { prompt_tokens: 30, completion_tokens: 6 } },
    "data: [DONE]\n\n",
  ],
};
const embedding = "A".repeat(1_200_000);
const embeddings: ProviderReply = {
  kind: "body",
  body: { object: "list", data: [{ object: "embedding", index: 0, embedding }] },
};

async function setup(behaviour: ProviderBehaviour) {
  const provider = await startProviderSimulator(behaviour);
  onTestFinished(() => provider[Symbol.asyncDispose]());
  const folder = mkdtempSync(join(tmpdir(), "millrace-accounts-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "accounts.yaml");
  const account = { kind: "openai", base_url: provider.url };
  const accounts = [
    { ...account, name: "acme/a", model: "model-a" },
    { ...account, name: "acme/b", model: "model-b", secret_env: "ACME_KEY" },
  ];
  writeFileSync(path, JSON.stringify({ accounts }));
  const system = await startSystem({
    settings: { worker: { MILLRACE_ACCOUNTS_FILE: path, ACME_KEY: "sk-acme" } },
  });
  onTestFinished(() => system[Symbol.asyncDispose]());
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
  onTestFinished(() => millrace.close());
  return { millrace, calls: provider.calls };
}

test("a request with tools and an image of a document reaches its account, and its object comes back", async () => {
  const { millrace, calls } = await setup(() => toolCall);
  const png = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64",
  );
  const { id } = await millrace.uploadDocument(png, { name: "mill.png" });
  const image = (url: string) => [
    { role: "user", content: [{ type: "image_url", image_url: { url } }] },
  ];
  const tools = [{ type: "function", function: { name: "turn", parameters: {} } }];
  const job = { queue: "documents", type: "chat.completions", pool: "acme/b", documentIds: [id] };
  const payload = { messages: image(`document:${id}`), tools, max_tokens: 50, model: "mine" };
  const { jobId } = await millrace.submit({ ...job, payload });
  let data = "";
  for await (const event of millrace.watch(jobId)) {
    if (event.kind === "data") data += Buffer.from(event.data).toString();
  }
  const finished = await millrace.wait(jobId);
  expect(finished).toMatchObject({
    result: {
      object: "chat.completion",
      choices: [{ message: { content: null, tool_calls: [call] }, finish_reason: "tool_calls" }],
    },
    usage: { inputTokens: 30, outputTokens: 6, model: "model-b" },
  });
  // An image is a thousand tokens, and the answer fifty.
  expect(finished.estimatedTokens).toBeGreaterThan(1_050);
  expect(finished.estimatedTokens).toBeLessThan(1_150);
  const events = data.split("\n").filter((line) => line !== "");
  expect(events.map((line) => JSON.parse(line))).toEqual(
    (toolCall.events as unknown[]).slice(0, 3),
  );
  expect(calls.map(({ authorization, body }) => [authorization, body])).toEqual([
    [
      "Bearer sk-acme",
      {
        ...{ model: "model-b", tools, max_tokens: 50, stream: true },
        ...{ stream_options: { include_usage: true } },
        messages: image(`data:image/png;base64,${png.toString("base64")}`),
      },
    ],
  ]);
});

test("an object that is too long for a result is a document of the caller's key", async () => {
  const { millrace, calls } = await setup(() => embeddings);
  const job = { queue: "documents", type: "embeddings", pool: "acme/a" };
  const { result } = await millrace.run({ ...job, payload: { input: "How?" } });
  const { document_id: id, ...rest } = result as { document_id: string };
  const content = JSON.stringify(embeddings.body);
  expect(rest).toEqual({ object: "millrace.document", size_bytes: content.length });
  const pieces = await Array.fromAsync(millrace.downloadDocument(id));
  expect(Buffer.concat(pieces).toString()).toBe(content);
  expect(calls[0]?.authorization).toBe("");
});
