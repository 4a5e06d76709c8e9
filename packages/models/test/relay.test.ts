import { systemClock as clock, type RelayRequest } from "@millrace/shared";
import {
  answerChunk,
  type ProviderBehaviour,
  type ProviderReply,
  startProviderSimulator,
} from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { type OpenAiProviderOptions, openAiProvider } from "../src/index.ts";

async function setup(behaviour: ProviderBehaviour, change: Partial<OpenAiProviderOptions> = {}) {
  const simulator = await startProviderSimulator(behaviour);
  onTestFinished(() => simulator[Symbol.asyncDispose]());
  const stop = new AbortController();
  const provider = openAiProvider({
    ...{ baseUrl: simulator.url, apiKey: () => "sk-the-key", model: "m-1", clock },
    ...{ silenceMs: 60_000, callMs: 600_000, ...change },
  });
  const open = (call: RelayRequest["call"], body: RelayRequest["body"]) =>
    provider.relay({ call, body, signal: stop.signal, keyId: "aaaa" });
  const relay = async (call: RelayRequest["call"], body: RelayRequest["body"]) => {
    const made = open(call, body);
    const events: object[] = [];
    for await (const event of made.events) events.push(event);
    return { events, result: made.result(), usage: made.usage(), facts: made.facts() };
  };
  return { simulator, provider, open, relay, stop, calls: simulator.calls };
}

const streamed = (...events: (string | object)[]): ProviderReply => ({
  kind: "stream",
  events: [...events, "data: [DONE]\n\n"],
});
const usage = {
  ...{ prompt_tokens: 11, completion_tokens: 5, total_tokens: 16 },
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 2 },
};
const chat = streamed(
  answerChunk({ role: "assistant", content: "By " }),
  answerChunk({ content: "water." }),
  answerChunk({}, "stop"),
  { ...answerChunk({}), choices: [], usage },
);

const chatBody = {
  model: "the caller's",
  messages: [{ role: "user", content: [{ type: "text", text: "How?" }] }],
  tools: [{ type: "function", function: { name: "turn" } }],
  response_format: { type: "json_object" },
  ...{ temperature: 0.2, n: 1, something_new: { deep: [1, null] } },
};

test("sends a chat as its caller wrote it, but for model, stream and metadata", async () => {
  const { relay, calls } = await setup(() => chat);
  const own = { stream: false, metadata: { team: "a" }, background: true };
  const {
    events,
    result,
    usage: spent,
    facts,
  } = await relay("chat.completions", {
    ...{ ...chatBody, ...own, max_tokens: 300, stream_options: { include_obfuscation: false } },
  });
  expect(calls[0]?.path).toBe("/v1/chat/completions");
  expect(calls[0]?.body).toEqual({
    ...{ ...chatBody, model: "m-1", max_tokens: 300, stream: true },
    stream_options: { include_obfuscation: false, include_usage: true },
  });
  expect(events).toHaveLength(4);
  expect(events[1]).toEqual(answerChunk({ content: "water." }));
  expect(result).toMatchObject({
    ...{ object: "chat.completion", usage },
    choices: [{ message: { role: "assistant", content: "By water." }, finish_reason: "stop" }],
  });
  expect(spent).toEqual({
    ...{ inputTokens: 11, outputTokens: 5, cachedInputTokens: 4, reasoningTokens: 2 },
    ...{ providerCalls: 1, model: "m-1" },
  });
  expect(facts).toMatchObject({ id: "c", model: "m", firstChunkMs: expect.any(Number) });
});

test("relays a response with the provider's own events", async () => {
  const response = {
    ...{ id: "resp_1", object: "response", status: "incomplete", output: [] },
    incomplete_details: { reason: "max_output_tokens" },
    usage: { input_tokens: 3, output_tokens: 2, output_tokens_details: { reasoning_tokens: 1 } },
  };
  const events = [
    { type: "response.created", sequence_number: 0, response: { id: "resp_1", status: "queued" } },
    { type: "response.output_text.delta", sequence_number: 1, delta: "By" },
    { type: "response.incomplete", sequence_number: 2, response },
  ];
  const { relay, calls } = await setup(() => streamed(...events));
  const body = { input: "How?", instructions: "Be kind.", max_output_tokens: 9, store: false };
  const relayed = await relay("responses", { ...body, background: true });
  expect(calls[0]?.path).toBe("/v1/responses");
  expect(calls[0]?.body).toEqual({ ...body, model: "m-1", stream: true });
  expect(relayed.events).toEqual(events);
  expect(relayed.result).toEqual(response);
  expect(relayed.usage).toMatchObject({ inputTokens: 3, outputTokens: 2, reasoningTokens: 1 });
});

test("relays embeddings, which have no stream", async () => {
  const object = {
    ...{
      object: "list",
      model: "m-1",
      data: [{ object: "embedding", index: 0, embedding: "AAAA" }],
    },
    usage: { prompt_tokens: 6, total_tokens: 6 },
  };
  const { relay, calls } = await setup(() => ({ kind: "body", body: object }));
  const body = { input: ["a", "b"], encoding_format: "base64", dimensions: 1 };
  const { events, result, usage: spent } = await relay("embeddings", body);
  expect(calls[0]?.path).toBe("/v1/embeddings");
  expect(calls[0]?.body).toEqual({ ...body, model: "m-1" });
  expect([events, result]).toEqual([[], object]);
  expect(spent).toEqual({ inputTokens: 6, outputTokens: 0, providerCalls: 1, model: "m-1" });
});

test("makes embeddings of texts in their order", async () => {
  const data = [
    { index: 1, embedding: [0, 1] },
    { index: 0, embedding: [1, 0] },
  ];
  const { provider, calls } = await setup(() => ({ kind: "body", body: { data } }));
  const { signal } = new AbortController();
  const call = provider.embed({ input: ["a", "b"], dimensions: 2, signal, keyId: "aaaa" });
  expect(await call.embeddings()).toEqual([
    [1, 0],
    [0, 1],
  ]);
  expect(calls[0]?.body).toEqual({
    ...{ model: "m-1", input: ["a", "b"], encoding_format: "float", dimensions: 2 },
  });
  const short = provider.embed({ input: ["a", "b", "c"], signal, keyId: "aaaa" });
  await expect(short.embeddings()).rejects.toThrow("no embedding for each text");
});

test.each([
  ["an answer that names no length", {}, { max_completion_tokens: 100 }],
  ["a longer answer", { max_completion_tokens: 101 }, { max_completion_tokens: 100 }],
  ["a longer answer in older words", { max_tokens: 500 }, { max_tokens: 100 }],
  ["a shorter answer", { max_tokens: 99 }, { max_tokens: 99 }],
])("limits %s by the account's longest", async (_, asked, sent) => {
  const { relay, calls } = await setup(() => chat, { maxOutputTokens: 100 });
  await relay("chat.completions", { messages: [{ role: "user", content: "How?" }], ...asked });
  const { max_tokens: older, max_completion_tokens: newer } = calls[0]?.body ?? {};
  expect({ max_tokens: older, max_completion_tokens: newer }).toEqual({
    ...{ max_tokens: undefined, max_completion_tokens: undefined, ...sent },
  });
});

const refusal = (message: string, status = 400): ProviderReply => ({
  kind: "refuse",
  ...{ status, message },
});

test("asks again without what only Millrace wrote, and keeps what the caller wrote", async () => {
  const lessons: unknown[] = [];
  const whole = {
    id: "c",
    choices: [{ index: 0, message: { content: "By." }, finish_reason: "stop" }],
  };
  const { relay, calls } = await setup(
    ({ body }) => {
      if ("stream_options" in body) return refusal("Unrecognized field: stream_options");
      if (body.stream === true) return refusal("streaming is not supported");
      return { kind: "body", body: whole };
    },
    { onLesson: (lesson) => lessons.push(lesson) },
  );
  const { events, result } = await relay("chat.completions", chatBody);
  expect(events).toEqual([]);
  expect(result).toEqual(whole);
  expect(calls.at(-1)?.body).toEqual({ ...chatBody, model: "m-1", stream: false });
  expect(lessons).toEqual([
    { quirk: "no-stream-options", has: true },
    { quirk: "no-stream", has: true },
  ]);
});

test.each([
  "Unrecognized field: reasoning_effort",
  "System role not supported",
  "content must be a valid list",
])("fails a request whose caller wrote what the server refuses: %s", async (message) => {
  const { relay, calls } = await setup(() => refusal(message));
  const body = {
    ...{ reasoning_effort: "low", messages: [{ role: "system", content: "Be kind." }] },
  };
  await expect(relay("chat.completions", body)).rejects.toMatchObject({
    details: {
      ...{ reason: "PROVIDER_BAD_REQUEST", retryable: false, httpStatus: 400 },
      answered: { message },
    },
  });
  expect(calls).toHaveLength(1);
});

test("reports refusals for load with the wait that the provider asks for", async () => {
  const { relay } = await setup(() => ({
    ...{ kind: "refuse", status: 429, code: "rate_limit_exceeded" },
    headers: { "retry-after": "3", "x-ratelimit-remaining-requests": "0" },
  }));
  await expect(relay("responses", { input: "How?" })).rejects.toMatchObject({
    details: {
      ...{ reason: "PROVIDER_ERROR", retryable: true, retryAfterMs: 3_000, httpStatus: 429 },
      rateLimitHeaders: { "x-ratelimit-remaining-requests": "0" },
    },
  });
});

test("fails for good if the request is larger than the model's context, also if that looks like load", async () => {
  for (const reply of [
    refusal("This model's maximum context length is 4096 tokens."),
    refusal("Request too large for m-1. Limit 6000, Requested 9000.", 429),
  ]) {
    const { relay } = await setup(() => reply);
    await expect(relay("chat.completions", chatBody)).rejects.toMatchObject({
      details: { reason: "CONTEXT_EXCEEDED", retryable: false },
    });
  }
});

test("fails an answer that breaks off, and counts what it had cost by estimate", async () => {
  const { open } = await setup(() => ({ kind: "breakOff", pieces: ["x".repeat(400)], how: "end" }));
  const made = open("chat.completions", chatBody);
  const read = async () => {
    for await (const _ of made.events);
  };
  await expect(read()).rejects.toMatchObject({ details: { reason: "ANSWER_BROKEN_OFF" } });
  expect(made.usage()).toMatchObject({ outputTokens: 100, providerCalls: 1 });
  expect(made.usage().inputTokens).toBeGreaterThan(20);
  expect(() => made.result()).toThrow();
});

test("ends the call when its signal aborts", async () => {
  const { open, stop, simulator } = await setup(() => ({
    kind: "breakOff",
    ...{ pieces: ["By"], how: "hang" },
  }));
  const made = open("chat.completions", chatBody);
  const read = async () => {
    for await (const _ of made.events) stop.abort(new Error("stop"));
  };
  await expect(read()).rejects.toThrow("stop");
  const { left } = await simulator.called(1);
  if (!left.aborted) await new Promise((resolve) => left.addEventListener("abort", resolve));
});

test("never shows the API key to the caller", async () => {
  const { relay } = await setup(() => refusal("Incorrect API key provided: sk-the-key", 401));
  await expect(relay("chat.completions", chatBody)).rejects.toMatchObject({
    message: "The model provider refused the call: 401 Incorrect API key provided: [redacted]",
    details: { reason: "PROVIDER_UNAUTHENTICATED" },
  });
});
