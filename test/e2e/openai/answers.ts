/** What a provider of OpenAI's protocol answers: whole objects, and the events that stream them. */

type Json = Readonly<Record<string, unknown>>;

const usage = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };
const wordsOf = (text: string): string[] => text.split(/(?<= )/);

/** The arguments that the provider calls the tool `weather` with. */
export const toolArguments = '{"city":"Nantucket"}';

const toolCall = {
  ...{ id: "call_1", type: "function" },
  function: { name: "weather", arguments: toolArguments },
};

export function completion(text: string, calls = false): Json {
  const message = calls
    ? { role: "assistant", content: null, refusal: null, tool_calls: [toolCall] }
    : { role: "assistant", content: text, refusal: null };
  const finish = calls ? "tool_calls" : "stop";
  return {
    ...{ id: "chatcmpl-theirs", object: "chat.completion", created: 1_800_000_000 },
    ...{ model: "theirs", usage },
    choices: [{ index: 0, message, finish_reason: finish, logprobs: null }],
  };
}

const chunk = (choices: readonly Json[], more: Json = {}): Json => ({
  ...{ id: "chatcmpl-theirs", object: "chat.completion.chunk", created: 1_800_000_000 },
  ...{ model: "theirs", choices, ...more },
});

/** The usage comes in an event of its own, as if the worker had asked for it. */
export function chunks(text: string, calls = false): Json[] {
  const choice = (delta: Json, finish: string | null = null) =>
    chunk([{ index: 0, delta, finish_reason: finish }]);
  const parts = calls
    ? [choice({ tool_calls: [{ index: 0, ...toolCall }] })]
    : wordsOf(text).map((content) => choice({ content }));
  return [
    choice({ role: "assistant", content: "" }),
    ...parts,
    choice({}, calls ? "tool_calls" : "stop"),
    chunk([], { usage }),
  ];
}

/** The items of each response of a provider have ids of their own. */
const ITEM = "msg_theirs";
const part = (text: string) => ({ type: "output_text", text, annotations: [], logprobs: [] });
const item = (text: string, status: string, id = ITEM, content = [part(text)]) => ({
  ...{ id, type: "message", role: "assistant", status, content },
});

export const response = (text: string, status = "completed", id = ITEM): Json => ({
  ...{ id: "resp_theirs", object: "response", created_at: 1_800_000_000, status },
  ...{ model: "theirs", error: null, instructions: null, metadata: {}, tools: [] },
  incomplete_details: status === "incomplete" ? { reason: "max_output_tokens" } : null,
  ...{ parallel_tool_calls: true, temperature: 1, top_p: 1, tool_choice: "auto" },
  output: status === "in_progress" ? [] : [item(text, "completed", id)],
  usage: {
    ...{ input_tokens: 7, output_tokens: 5, total_tokens: 12 },
    ...{ input_tokens_details: { cached_tokens: 0 } },
    output_tokens_details: { reasoning_tokens: 0 },
  },
});

/** The events that begin a response of one message, up to its first text. */
export const responseHead = (id = ITEM): Json[] => [
  { type: "response.created", response: response("", "in_progress") },
  { type: "response.in_progress", response: response("", "in_progress") },
  { type: "response.output_item.added", output_index: 0, item: item("", "in_progress", id, []) },
  {
    ...{ type: "response.content_part.added", output_index: 0, content_index: 0 },
    ...{ item_id: id, part: part("") },
  },
];

const place = (id: string) => ({ output_index: 0, content_index: 0, item_id: id });

export const delta = (text: string, id = ITEM): Json => ({
  ...{ type: "response.output_text.delta", ...place(id), delta: text, logprobs: [] },
});

export const responseTail = (text: string, id = ITEM): Json[] => [
  { type: "response.output_text.done", ...place(id), text, logprobs: [] },
  { type: "response.content_part.done", ...place(id), part: part(text) },
  { type: "response.output_item.done", output_index: 0, item: item(text, "completed", id) },
  { type: "response.completed", response: response(text, "completed", id) },
];

export function responseEvents(text: string): Json[] {
  const events = [
    ...responseHead(),
    ...wordsOf(text).map((word) => delta(word)),
    ...responseTail(text),
  ];
  return events.map((event, sequence_number) => ({ ...event, sequence_number }));
}

/** One vector for each input, as the caller wants it written. */
export function embeddings({ input, encoding_format: format }: Json): Json {
  const inputs = Array.isArray(input) ? input : [input];
  const data = inputs.map((text, index) => {
    const vector = Float32Array.from([String(text).length, 0.5]);
    const bytes = Buffer.from(vector.buffer).toString("base64");
    return {
      ...{ object: "embedding", index },
      embedding: format === "base64" ? bytes : [...vector],
    };
  });
  return { object: "list", model: "theirs", data, usage: { prompt_tokens: 3, total_tokens: 3 } };
}
