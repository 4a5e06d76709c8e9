import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type CompletionRequest, systemClock as clock } from "@millrace/shared";
import { ManualClock } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { type AnthropicProviderOptions, anthropicProvider } from "../src/anthropic.ts";

interface Call {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

type Answer = (response: ServerResponse, call: Call) => void;

/** A server that speaks Anthropic's protocol as the test says. */
async function setup(answer: Answer, change: Partial<AnthropicProviderOptions> = {}) {
  const calls: Call[] = [];
  const server = createServer(async (request, response) => {
    const text = Buffer.concat(await request.toArray()).toString();
    const { url: path = "", headers } = request;
    const call = { path, headers, body: JSON.parse(text) as Call["body"] };
    calls.push(call);
    answer(response, call);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const provider = anthropicProvider({
    ...{ account: "claude", baseUrl: `http://127.0.0.1:${port}`, apiKey: () => "sk-ant-the-key" },
    ...{ model: "claude-1", clock, silenceMs: 60_000, callMs: 600_000, ...change },
  });
  const complete = async (more: Partial<CompletionRequest> = {}) => {
    const { signal } = new AbortController();
    const messages = [
      { role: "system" as const, content: "Be kind." },
      { role: "user" as const, content: "How does the mill turn?" },
    ];
    const call = provider.complete({ messages, maxTokens: 100, signal, keyId: "aaaa", ...more });
    let text = "";
    const error = await (async () => {
      for await (const piece of call.text) text += piece;
    })().catch((thrown: unknown) => thrown);
    return { text, error, usage: call.usage(), finish: call.finishReason(), facts: call.facts() };
  };
  return { calls, provider, complete };
}

const event = (data: { readonly type: string; readonly [name: string]: unknown }) =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

const start = (usage: object = { input_tokens: 10, output_tokens: 1 }) =>
  event({
    type: "message_start",
    message: { id: "msg_1", type: "message", role: "assistant", model: "claude-1-2", usage },
  });
const delta = (part: object) => event({ type: "content_block_delta", index: 0, delta: part });
const text = (words: string) => delta({ type: "text_delta", text: words });
const thinking = (words: string) => delta({ type: "thinking_delta", thinking: words });
const stop = (reason: string, usage: object = { output_tokens: 4 }, more: object = {}) =>
  event({ type: "message_delta", delta: { stop_reason: reason, ...more }, usage });
const end = event({ type: "message_stop" });

const stream =
  (...events: readonly string[]): Answer =>
  (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(events.join(""));
  };

const refuse =
  (status: number, type: string, message: string, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify({ type: "error", error: { type, message } }));
  };

test("streams the text of an answer, without its thought, and counts what it cost", async () => {
  const { complete, calls } = await setup(
    stream(
      start({ input_tokens: 3, cache_read_input_tokens: 5, cache_creation_input_tokens: 2 }),
      event({ type: "ping" }),
      thinking("Hmm."),
      text("By "),
      text("water."),
      stop("end_turn", { output_tokens: 9, output_tokens_details: { thinking_tokens: 4 } }),
      end,
    ),
    { effort: "low", headers: { "x-team": "mill" } },
  );
  const answer = await complete();
  expect(answer).toMatchObject({ text: "By water.", error: undefined, finish: "stop" });
  expect(answer.usage).toEqual({
    ...{ inputTokens: 10, cachedInputTokens: 5, outputTokens: 9, reasoningTokens: 4 },
    ...{ providerCalls: 1, model: "claude-1" },
  });
  expect(answer.facts).toMatchObject({ id: "msg_1", model: "claude-1-2" });
  expect(calls[0]?.path).toBe("/v1/messages");
  expect(JSON.stringify(calls[0]?.headers)).toContain("sk-ant-the-key");
  expect(calls[0]?.headers["x-team"]).toBe("mill");
  expect(calls[0]?.body).toEqual({
    ...{ model: "claude-1", max_tokens: 100, stream: true, system: "Be kind." },
    messages: [{ role: "user", content: "How does the mill turn?" }],
    output_config: { effort: "low" },
  });
});

test("sends a system message as the user's if there is no other", async () => {
  const { complete, calls } = await setup(stream(start(), text("Yes."), stop("end_turn"), end));
  await complete({ messages: [{ role: "system", content: "Say yes." }] });
  expect(calls[0]?.body).toMatchObject({ messages: [{ role: "user", content: "Say yes." }] });
  expect(calls[0]?.body).not.toHaveProperty("system");
});

test("gives a model room to think, and leaves it out for models that refuse it", async () => {
  const answer = stream(start(), text("Yes."), stop("max_tokens"), end);
  const { complete, calls } = await setup((response, call) => {
    const isOld = !("thinking" in call.body);
    const message = "thinking.type.enabled is not supported for this model";
    (isOld ? answer : refuse(400, "invalid_request_error", message))(response, call);
  });
  expect(await complete({ reasoningTokens: 2_000 })).toMatchObject({
    text: "Yes.",
    finish: "length",
  });
  await complete({ reasoningTokens: 2_000 });
  const thought = { type: "enabled", budget_tokens: 2_000 };
  expect(calls.map(({ body }) => [body.max_tokens, body.thinking])).toEqual([
    [2_100, thought],
    [2_100, undefined],
    [2_100, undefined],
  ]);
});

test("asks once more with more room if a model has only thought, and both calls are charged", async () => {
  const { complete, calls } = await setup((response, call) => {
    const words = calls.length > 1 ? [text("Yes."), stop("end_turn")] : [stop("max_tokens")];
    stream(start(), thinking("Hmm."), ...words, end)(response, call);
  });
  expect(await complete()).toMatchObject({
    ...{ text: "Yes.", usage: { inputTokens: 20, outputTokens: 8, providerCalls: 2 } },
  });
  expect(calls.map(({ body }) => body.max_tokens)).toEqual([100, 100 + 16_384]);
});

test.each([
  [429, "rate_limit_error", "slow down", "PROVIDER_ERROR", true, false],
  [529, "overloaded_error", "overloaded", "PROVIDER_ERROR", true, false],
  [500, "api_error", "oops", "PROVIDER_ERROR", true, false],
  [400, "invalid_request_error", "no", "PROVIDER_BAD_REQUEST", false, false],
  [404, "not_found_error", "model: claude-9", "PROVIDER_BAD_REQUEST", false, false],
  [401, "authentication_error", "invalid x-api-key", "PROVIDER_UNAUTHENTICATED", false, false],
  [
    ...([400, "invalid_request_error", "Your credit balance is too low"] as const),
    ...(["PROVIDER_QUOTA", false, true] as const),
  ],
])("names a refusal with %i %s: %s", async (status, type, message, reason, again, quota) => {
  const { complete, calls } = await setup(refuse(status, type, message));
  const { error } = await complete();
  expect(error).toMatchObject({
    message: `The model provider refused the call: ${message}`,
    details: {
      ...{ reason, retryable: again, httpStatus: status, quotaExhausted: quota },
      answered: { message, type: quota ? "insufficient_quota" : type, param: null, code: null },
    },
  });
  // Only the scheduler decides about another attempt.
  expect(calls).toHaveLength(1);
});

test("reports rate limits in the words that schedulers read", async () => {
  const manual = new ManualClock();
  const resetAt = new Date(manual.nowMs() + 90_000).toISOString();
  const { complete } = await setup(
    refuse(429, "rate_limit_error", "slow down", {
      "retry-after": "7",
      "anthropic-ratelimit-tokens-limit": "1000",
      "anthropic-ratelimit-tokens-remaining": "0",
      "anthropic-ratelimit-tokens-reset": resetAt,
    }),
    { clock: manual },
  );
  const { error } = await complete();
  expect(error).toMatchObject({
    details: {
      retryAfterMs: 7_000,
      rateLimitHeaders: {
        "x-ratelimit-limit-tokens": "1000",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "90s",
      },
    },
  });
});

test("counts overload inside a stream like its status, and another error as a failed answer", async () => {
  const inside = (type: string) =>
    stream(start(), text("By "), event({ type: "error", error: { type, message: "sorry" } }));
  const overloaded = await (await setup(inside("overloaded_error"))).complete();
  expect(overloaded.error).toMatchObject({
    details: { reason: "PROVIDER_ERROR", httpStatus: 529 },
  });
  const failed = await (await setup(inside("api_error"))).complete();
  expect(failed).toMatchObject({
    ...{ text: "By ", error: { details: { reason: "ANSWER_FAILED", retryable: true } } },
  });
});

test("learns the size of a model's context from a refusal, and fails larger requests by itself", async () => {
  const learned: number[] = [];
  const { complete, calls } = await setup(
    refuse(400, "invalid_request_error", "prompt is too long: 5000 tokens > 2000 maximum"),
    { onContext: (tokens) => learned.push(tokens) },
  );
  const messages = [{ role: "user" as const, content: "The mill turns. ".repeat(1_000) }];
  for (let time = 0; time < 2; time += 1) {
    const { error } = await complete({ messages });
    expect(error).toMatchObject({ details: { reason: "CONTEXT_EXCEEDED" } });
  }
  expect([learned, calls.length]).toEqual([[2_000], 1]);
});

test.each([
  ["ends without a word for its end", [text("By")], "ANSWER_BROKEN_OFF"],
  [
    "is a refusal",
    [stop("refusal", {}, { stop_details: { explanation: "No." } })],
    "ANSWER_REFUSED",
  ],
  ["calls a tool", [stop("tool_use")], "ANSWER_TOOL_CALL"],
  ["has no text", [stop("end_turn")], "ANSWER_EMPTY"],
])("fails an answer that %s", async (_, events, reason) => {
  const { complete } = await setup(stream(start(), ...events, end));
  expect((await complete()).error).toMatchObject({
    details: { reason, httpStatus: expect.any(Number) },
  });
});

test("fails a call whose connection breaks, with the reason for what had arrived", async () => {
  const refused = await (await setup((response) => void response.destroy())).complete();
  expect(refused.error).toMatchObject({ details: { reason: "PROVIDER_ERROR", httpStatus: 0 } });
  const { complete } = await setup((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(start() + text("By"), () => response.destroy());
  });
  expect((await complete()).error).toMatchObject({ details: { reason: "ANSWER_BROKEN_OFF" } });
});

test("ends a call whose signal aborts, or whose provider is silent for too long", async () => {
  const manual = new ManualClock();
  const abort = new AbortController();
  const arrived = Promise.withResolvers<void>();
  const { complete } = await setup(() => arrived.resolve(), { clock: manual, silenceMs: 5_000 });
  const stopped = complete({ signal: abort.signal });
  await arrived.promise;
  abort.abort(new Error("stop"));
  expect((await stopped).error).toMatchObject({ message: "stop" });
  const silent = complete();
  await Promise.resolve();
  manual.advance(5_000);
  expect((await silent).error).toMatchObject({
    message: "The model provider sent nothing for 5 s.",
  });
});

test("takes neither embeddings nor relayed calls", async () => {
  const { provider } = await setup(stream());
  const { signal } = new AbortController();
  expect(() => provider.embed({ input: ["a"], signal, keyId: "aaaa" })).toThrow("no embeddings");
  const call = { call: "responses", body: {}, signal, keyId: "aaaa" } as const;
  expect(() => provider.relay(call)).toThrow(
    'The provider account "claude" is of the kind anthropic, which takes no responses',
  );
});
