import { expect, test } from "vitest";
import { assemblyOf, wholeAnswer } from "./assembly.ts";
import type { Json } from "./client.ts";

const chunk = (delta: object, more: object = {}): Json => ({
  ...{ id: "c1", object: "chat.completion.chunk", created: 7, model: "m" },
  choices: [{ index: 0, delta, finish_reason: null, ...more }],
});

function chatOf(...events: readonly Json[]): Json {
  const assembly = assemblyOf("chat.completions", false);
  for (const event of events) assembly.add(event);
  return assembly.end();
}

test("puts calls of tools together, as the provider would without a stream", () => {
  const call = (index: number, more: object) => ({ tool_calls: [{ index, ...more }] });
  const chat = chatOf(
    chunk({ role: "assistant", content: null }),
    chunk(call(1, { id: "t2", type: "function", function: { name: "turn", arguments: "" } })),
    chunk(call(0, { id: "t1", type: "function", function: { name: "stop", arguments: "{" } })),
    chunk(call(0, { function: { arguments: "}" } })),
    chunk(call(1, { function: { arguments: '{"by":' } })),
    chunk(call(1, { function: { arguments: '"water"}' } })),
    chunk({}, { finish_reason: "tool_calls" }),
    { ...chunk({}), choices: [], usage: { prompt_tokens: 3, completion_tokens: 9 } },
  );
  expect(chat).toEqual({
    ...{ id: "c1", object: "chat.completion", created: 7, model: "m" },
    choices: [
      {
        index: 0,
        message: {
          ...{ role: "assistant", content: null },
          tool_calls: [
            { id: "t1", type: "function", function: { name: "stop", arguments: "{}" } },
            { id: "t2", type: "function", function: { name: "turn", arguments: '{"by":"water"}' } },
          ],
        },
        ...{ logprobs: null, finish_reason: "tool_calls" },
      },
    ],
    usage: { prompt_tokens: 3, completion_tokens: 9 },
  });
});

test("puts several answers together, with what no version of ours has heard of", () => {
  const of = (index: number, delta: object, more: object = {}) => chunk(delta, { index, ...more });
  const chat = chatOf(
    of(1, { role: "assistant", content: "B" }),
    of(0, { content: "A" }, { logprobs: { content: [{ token: "A" }] } }),
    of(0, { content: "a", reasoning_content: "Hm" }, { logprobs: { content: [{ token: "a" }] } }),
    of(0, { reasoning_content: "m.", annotations: [{ url: "x" }] }, { finish_reason: "length" }),
    of(1, { new_field: { deep: "1" } }),
    of(1, { new_field: { deep: "2", n: 3 } }, { finish_reason: "content_filter" }),
  );
  expect(chat.choices).toEqual([
    {
      index: 0,
      message: {
        ...{ role: "assistant", content: "Aa", reasoning_content: "Hmm." },
        annotations: [{ url: "x" }],
      },
      ...{ logprobs: { content: [{ token: "A" }, { token: "a" }] }, finish_reason: "length" },
    },
    {
      index: 1,
      message: { role: "assistant", content: "B", new_field: { deep: "12", n: 3 } },
      ...{ logprobs: null, finish_reason: "content_filter" },
    },
  ]);
});

test("changes no event while it puts them together", () => {
  const first = chunk({ content: "A", extra: { deep: "1" }, tool_calls: [{ index: 0, id: "t" }] });
  const before = structuredClone(first);
  chatOf(
    first,
    chunk({ extra: { deep: "2" }, tool_calls: [{ index: 0, more: 1 }] }, { finish_reason: "stop" }),
  );
  expect(first).toEqual(before);
});

test("takes no name of a field for more than a name", () => {
  const chat = chatOf(
    chunk(JSON.parse('{"__proto__": {"polluted": "yes"}, "constructor": "a"}')),
    chunk(JSON.parse('{"__proto__": {"polluted": "!"}, "constructor": "b"}'), {
      finish_reason: "stop",
    }),
  );
  expect(JSON.stringify(chat)).toContain('"__proto__":{"polluted":"yes!"},"constructor":"ab"');
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test.each([
  ["no chunk", [], "ANSWER_BROKEN_OFF"],
  ["no end", [chunk({ content: "By" })], "ANSWER_BROKEN_OFF"],
  ["an error as its end", [chunk({ content: "By" }, { finish_reason: "error" })], "ANSWER_FAILED"],
  ["an abort as its end", [chunk({}, { finish_reason: "abort" })], "ANSWER_BROKEN_OFF"],
])("fails a chat with %s", (_, events, reason) => {
  expect(() => chatOf(...events)).toThrow(
    expect.objectContaining({ details: expect.objectContaining({ reason }) }),
  );
});

test("takes the end of the stream for the end of a chat if the server never names one", () => {
  const assembly = assemblyOf("chat.completions", true);
  assembly.add(chunk({ content: "By" }));
  expect(assembly.end()).toMatchObject({ choices: [{ finish_reason: "stop" }] });
});

function responseOf(...events: readonly Json[]): Json {
  const assembly = assemblyOf("responses", false);
  for (const event of events) assembly.add(event);
  return assembly.end();
}

test.each(["completed", "incomplete"])("takes the object of a response that is %s", (status) => {
  const response = { id: "r", status, output: [{ type: "message" }], anything: "new" };
  const events = [
    { type: "response.created", response: { id: "r", status: "in_progress" } },
    { type: "response.output_text.delta", delta: "By" },
    { type: `response.${status}`, response },
  ];
  expect(responseOf(...events)).toBe(response);
});

test.each([
  ["server_error", "ANSWER_FAILED", true, 0],
  ["rate_limit_exceeded", "PROVIDER_ERROR", true, 429],
  ["invalid_prompt", "ANSWER_FILTERED", false, 200],
  ["image_too_large", "PROVIDER_BAD_REQUEST", false, 400],
  [undefined, "ANSWER_FAILED", true, 0],
])("fails a response with the code %s as %s", (code, reason, retryable, httpStatus) => {
  const error = { code, message: "no" };
  const details = expect.objectContaining({ reason, retryable, httpStatus });
  const failed = { type: "response.failed", response: { status: "failed", error } };
  expect(() => responseOf(failed)).toThrow(expect.objectContaining({ details }));
  expect(() => responseOf({ type: "error", ...error })).toThrow(
    expect.objectContaining({ details }),
  );
});

test("fails a response whose stream ends before it", () => {
  const created = { type: "response.created", response: { status: "in_progress" } };
  expect(() => responseOf(created)).toThrow("broke off");
});

test.each([
  ["chat.completions", "<html>", "a page of HTML"],
  ["chat.completions", "[]", "not JSON"],
  ["chat.completions", '{"choices": []}', "has no choices"],
  ["responses", '{"status": "failed", "error": {"code": "server_error", "message": "no"}}', "no"],
  ["embeddings", '{"data": []}', "has no embeddings"],
  ["embeddings", '{"error": {"message": "no"}}', "no"],
] as const)("fails a whole answer of %s: %s", (call, text, message) => {
  expect(() => wholeAnswer(call, text)).toThrow(message);
});
