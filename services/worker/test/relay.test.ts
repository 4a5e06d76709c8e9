import { openAiProvider } from "@millrace/models";
import { systemClock as clock, type RelayedCall } from "@millrace/shared";
import { answer, type ProviderReply, startProviderSimulator } from "@millrace/testing";
import { JobFailure } from "@millrace/worker-sdk";
import { expect, onTestFinished, test } from "vitest";
import { relayExecutor } from "../src/executors/relay.ts";
import { attempt, modelsOf, noDocument, openDocuments, withModels } from "./setup.ts";

async function setup(reply: ProviderReply) {
  const simulator = await startProviderSimulator(() => reply);
  onTestFinished(() => simulator[Symbol.asyncDispose]());
  const { put, store } = await openDocuments();
  const provider = openAiProvider({
    ...{ baseUrl: simulator.url, apiKey: () => "k", model: "m", clock },
    ...{ silenceMs: 60_000, callMs: 600_000 },
  });
  const models = modelsOf(provider);
  const executor = (call: RelayedCall) => withModels(models, relayExecutor(call, store));
  return { put, executor, calls: simulator.calls };
}

const messages = [{ role: "user", content: "How?" }];

test("gives the provider's object as the result, and its events as lines of data", async () => {
  const { executor } = await setup(answer("By", " water."));
  const { context, data, written, used } = attempt({ messages });
  const result = await executor("chat.completions")(context);
  expect(result).toMatchObject({
    ...{ object: "chat.completion", usage: { prompt_tokens: 7 } },
    choices: [{ message: { content: "By water." }, finish_reason: "stop" }],
  });
  expect(written).toEqual([]);
  expect(data.every((line) => line.endsWith("\n"))).toBe(true);
  const events = data.map((line) => JSON.parse(line) as { choices: object[] });
  expect(events.map(({ choices }) => choices.length)).toEqual([1, 1, 1, 0]);
  expect(used).toMatchObject([{ inputTokens: 7, outputTokens: 2, providerCalls: 1, model: "m" }]);
});

test("puts the documents of the job where the request refers to them", async () => {
  const { executor, put, calls } = await setup(answer("A mill."));
  const id = await put("mill.png", "image/png", Buffer.from("a picture"));
  const reference = `document:${id}`;
  const content = [
    { type: "text", text: reference },
    { type: "image_url", image_url: { url: reference, detail: "low" } },
    { type: "image_url", image_url: { url: "https://example.com/mill.png" } },
  ];
  const { context } = attempt({ messages: [{ role: "user", content }] }, [id]);
  await executor("chat.completions")(context);
  const url = `data:image/png;base64,${Buffer.from("a picture").toString("base64")}`;
  expect(calls[0]?.messages[0]?.content).toEqual([
    content[0],
    { type: "image_url", image_url: { url, detail: "low" } },
    content[2],
  ]);
});

const withImage = (id: string) => ({
  input: [{ role: "user", content: [{ type: "input_image", image_url: `document:${id}` }] }],
});

test("fails a request that refers to a document which is not the job's, or does not exist", async () => {
  const { executor, calls } = await setup(answer("A mill."));
  const run = executor("responses");
  const other = attempt(withImage(noDocument), []);
  await expect(run(other.context)).rejects.toMatchObject({
    ...{ reason: "MALFORMED", retryable: false, message: expect.stringContaining("document_ids") },
  });
  const gone = attempt(withImage(noDocument), [noDocument]);
  await expect(run(gone.context)).rejects.toMatchObject({ reason: "DOCUMENT_NOT_FOUND" });
  expect(calls).toHaveLength(0);
});

const embeddings = (text: string) => ({
  object: "list",
  data: [{ object: "embedding", index: 0, embedding: text }],
  usage: { prompt_tokens: 1, total_tokens: 1 },
});

test.each([0, 1])(
  "stores a result as a document if it is longer than 1 MiB by %i bytes",
  async (more) => {
    const frame = JSON.stringify(embeddings("")).length;
    const object = embeddings("x".repeat(1_048_576 - frame + more));
    const { executor } = await setup({ kind: "body", body: object });
    const { context, storedDocuments } = attempt({ input: "How?" });
    const result = await executor("embeddings")(context);
    if (more === 0) {
      expect(result).toEqual(object);
      expect(storedDocuments).toEqual([]);
      return;
    }
    expect(result).toEqual({
      ...{ object: "millrace.document", document_id: noDocument, size_bytes: 1_048_577 },
    });
    expect(storedDocuments).toEqual([
      { name: "embeddings.json", contentType: "application/json", text: JSON.stringify(object) },
    ]);
  },
);

test("goes on without output when the job's output is full, and passes on any other failure", async () => {
  const { executor } = await setup(answer("By", " water."));
  const { context } = attempt({ messages });
  let writes = 0;
  const writing = (error: Error) => ({
    ...context,
    writeData: async () => {
      writes += 1;
      throw error;
    },
  });
  const full = new JobFailure("TOO_LARGE", "full", false);
  const result = await executor("chat.completions")(writing(full));
  expect(result).toMatchObject({ choices: [{ message: { content: "By water." } }] });
  expect(writes).toBe(1);
  const lost = new Error("lost");
  await expect(executor("chat.completions")(writing(lost))).rejects.toBe(lost);
});

test.each([
  ["chat.completions", {}, "messages: is required"],
  ["chat.completions", { messages: [] }, "messages: must be at least 1 items long"],
  ["chat.completions", [], "payload: must be an object"],
  ["responses", { input: 7 }, "input: has none of the forms"],
  ["embeddings", {}, "input: "],
] as const)(
  "refuses a payload of %s without what each one has: %j",
  async (call, payload, problem) => {
    const { executor, calls } = await setup(answer("By"));
    await expect(executor(call)(attempt(payload).context)).rejects.toMatchObject({
      ...{ reason: "MALFORMED", message: expect.stringContaining(problem) },
    });
    expect(calls).toHaveLength(0);
  },
);
