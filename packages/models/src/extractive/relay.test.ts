import { type Clock, ProviderFault, type RelayedCall } from "@millrace/shared";
import { expect, test } from "vitest";
import { extractiveProvider } from "../extractive.ts";
import type { QuoteSource } from "./quote.ts";

type Json = Readonly<Record<string, unknown>>;

const clock: Clock = {
  nowMs: () => 1_800_000_000_999,
  after: () => ({ cancel: () => undefined }),
} as unknown as Clock;

function setup(sentences: readonly string[] = ["Call me Ishmael.", "The sea was calm."]) {
  const asked: QuoteSource[] = [];
  const provider = extractiveProvider(
    async (source, { onSpent }) => {
      asked.push(source);
      onSpent(3);
      return { sentences, inputTokens: 20, outputTokens: 9 };
    },
    { clock },
  );
  const { signal } = new AbortController();
  const relay = async (call: RelayedCall, body: Json) => {
    const answer = provider.relay({ call, body, signal, keyId: "key" });
    const events = [];
    for await (const event of answer.events) events.push(event);
    return { events, result: answer.result(), usage: answer.usage() };
  };
  return { asked, relay };
}

const notice = "[Quoted by Millrace's built-in provider, which is no language model]";
const text = `${notice} Call me Ishmael. The sea was calm.`;
const said = (content: unknown) => [{ role: "user", content }];

test("answers a chat completion with quotes, and says what they are", async () => {
  const { asked, relay } = setup();
  const messages = [
    { role: "system", content: "Be brief." },
    { role: "user", content: [{ type: "text", text: "A long text." }] },
    { role: "assistant", content: null, tool_calls: [] },
    { role: "tool", content: "What a tool found." },
    { role: "user", content: "Who?" },
  ];
  const { events, result, usage } = await relay("chat.completions", { messages, max_tokens: 50 });
  const source = "A long text.\n\nWhat a tool found.";
  expect(asked).toEqual([{ text: source, question: "Who?", maxTokens: 50 }]);
  const pieces = events.flatMap(({ choices }) => choices as { delta: { content?: string } }[]);
  expect(pieces.map(({ delta }) => delta.content ?? "").join("")).toBe(text);
  expect(result).toMatchObject({
    ...{ id: expect.stringMatching(/^chatcmpl-[0-9a-f]{24}$/), object: "chat.completion" },
    ...{ created: 1_800_000_000, model: "key-sentences" },
    choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" }],
    usage: { prompt_tokens: 20, completion_tokens: 9, total_tokens: 29 },
  });
  expect(usage).toMatchObject({ inputTokens: 20, outputTokens: 9, computeMs: 3, providerCalls: 0 });
});

test("answers a response with quotes, by numbered events", async () => {
  const { asked, relay } = setup();
  const body = { input: "A long text.", instructions: "Be brief." };
  const { events, result } = await relay("responses", body);
  expect(asked).toEqual([{ text: "A long text.", question: "", maxTokens: 1_024 }]);
  expect(events.map(({ sequence_number: number }) => number)).toEqual([...events.keys()]);
  expect(events[0]).toMatchObject({ type: "response.created" });
  expect(events.at(-1)).toMatchObject({ type: "response.completed", response: result });
  const deltas = events.filter(({ type }) => type === "response.output_text.delta");
  expect(deltas.map(({ delta }) => delta).join("")).toBe(text);
  expect(result).toMatchObject({
    ...{ status: "completed", usage: { total_tokens: 29 } },
    output: [{ type: "message", content: [{ type: "output_text", text }] }],
  });
});

test("says so if there is nothing to quote", async () => {
  const { relay } = setup([]);
  const { result } = await relay("responses", { input: [{ role: "user", content: "…" }] });
  expect(JSON.stringify(result)).toContain("found nothing to quote");
});

test.each([
  ["chat.completions", { response_format: { type: "json_object" } }, "response_format"],
  ["chat.completions", { tool_choice: "required" }, "tool_choice"],
  ["responses", { text: { format: { type: "json_schema" } } }, "text.format"],
  ["responses", { tool_choice: { type: "function", name: "weather" } }, "tool_choice"],
  ["chat.completions", { messages: [{ role: "system", content: "Be brief." }] }, "messages"],
  ["responses", { input: [{ role: "user", content: [{ type: "input_image" }] }] }, "input"],
] as const)("refuses %s with %j, which quotes cannot answer", async (call, body, param) => {
  const { relay } = setup();
  const refused = relay(call, { messages: said("Who?"), input: "Who?", ...body });
  await expect(refused).rejects.toBeInstanceOf(ProviderFault);
  await expect(refused).rejects.toMatchObject({
    details: {
      reason: "PROVIDER_BAD_REQUEST",
      retryable: false,
      httpStatus: 400,
      answered: { param },
    },
  });
});

test("answers with text also where tools and a format of text are offered", async () => {
  const { relay } = setup();
  const tools = [{ type: "function", function: { name: "weather" } }];
  const body = {
    messages: said("Who?"),
    tools,
    tool_choice: "auto",
    response_format: { type: "text" },
  };
  expect(JSON.stringify((await relay("chat.completions", body)).result)).toContain(notice);
});

test("takes no embeddings", () => {
  const { relay } = setup();
  return expect(relay("embeddings", { input: "a" })).rejects.toThrow("takes no embeddings");
});
