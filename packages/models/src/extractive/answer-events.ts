/** The events of OpenAI's streams for an answer that is made of pieces of text. */
import type { RelayedCall } from "@millrace/shared";
import type { Json } from "../openai/client.ts";

/** What is known of an answer before its first piece. */
export interface AnswerHead {
  readonly id: string;
  readonly createdS: number;
  readonly model: string;
}

export interface AnswerTokens {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Writes the events of one answer. */
export interface AnswerWriter {
  begin(): Json[];
  piece(text: string): Json[];
  /** `text`: all pieces. */
  end(text: string, tokens: AnswerTokens): Json[];
}

function chatWriter({ id, createdS, model }: AnswerHead): AnswerWriter {
  const head = { id: `chatcmpl-${id}`, object: "chat.completion.chunk", created: createdS, model };
  const chunk = (delta: Json, finish: string | null = null): Json => ({
    ...head,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  });
  return {
    begin: () => [chunk({ role: "assistant", content: "", refusal: null })],
    piece: (content) => [chunk({ content })],
    end: (_, { inputTokens, outputTokens }) => [
      chunk({}, "stop"),
      {
        ...{ ...head, choices: [] },
        usage: {
          ...{ prompt_tokens: inputTokens, completion_tokens: outputTokens },
          total_tokens: inputTokens + outputTokens,
        },
      },
    ],
  };
}

function responseWriter({ id, createdS, model }: AnswerHead): AnswerWriter {
  const itemId = `msg_${id}`;
  const place = { item_id: itemId, output_index: 0, content_index: 0 };
  let next = 0;
  const numbered = (events: readonly Json[]): Json[] =>
    events.map((event) => ({ ...event, sequence_number: next++ }));
  const part = (text: string) => ({ type: "output_text", text, annotations: [], logprobs: [] });
  const item = (status: string, content: readonly Json[]) => ({
    ...{ id: itemId, type: "message", role: "assistant", status, content },
  });
  const response = (status: string, output: readonly Json[], usage: Json | null = null): Json => ({
    ...{ id: `resp_${id}`, object: "response", created_at: createdS, status, model, output, usage },
    ...{ error: null, incomplete_details: null },
  });
  return {
    begin: () =>
      numbered([
        { type: "response.created", response: response("in_progress", []) },
        { type: "response.in_progress", response: response("in_progress", []) },
        { type: "response.output_item.added", output_index: 0, item: item("in_progress", []) },
        { type: "response.content_part.added", ...place, part: part("") },
      ]),
    piece: (delta) =>
      numbered([{ type: "response.output_text.delta", ...place, delta, logprobs: [] }]),
    end(text, { inputTokens, outputTokens }) {
      const whole = item("completed", [part(text)]);
      const usage = {
        ...{ input_tokens: inputTokens, input_tokens_details: { cached_tokens: 0 } },
        ...{ output_tokens: outputTokens, output_tokens_details: { reasoning_tokens: 0 } },
        total_tokens: inputTokens + outputTokens,
      };
      return numbered([
        { type: "response.output_text.done", ...place, text, logprobs: [] },
        { type: "response.content_part.done", ...place, part: part(text) },
        { type: "response.output_item.done", output_index: 0, item: whole },
        { type: "response.completed", response: response("completed", [whole], usage) },
      ]);
    },
  };
}

/** Writes the answers of a call that streams. */
export const answerWriter = (
  call: Exclude<RelayedCall, "embeddings">,
  head: AnswerHead,
): AnswerWriter => (call === "responses" ? responseWriter(head) : chatWriter(head));
