import type Anthropic from "@anthropic-ai/sdk";
import {
  cutChars,
  type FinishReason,
  type ModelMessage,
  type ProviderFault,
} from "@millrace/shared";
import { noAnswer, unanswered } from "../call-fault.ts";
import type { Spent } from "../usage.ts";

const REFUSAL_CHARS = 500;

export interface Ending {
  readonly stop: string | undefined;
  readonly said: boolean;
  readonly thought: boolean;
  readonly refusal: string;
}

interface Counts {
  readonly input_tokens?: number | null;
  readonly output_tokens?: number | null;
  readonly cache_read_input_tokens?: number | null;
  readonly cache_creation_input_tokens?: number | null;
  readonly output_tokens_details?: { readonly thinking_tokens?: number | null } | null;
}

/** Anthropic's input tokens are those that were neither read from the cache nor written to it. */
function count(spent: Spent, before: Spent, usage: Counts | null | undefined): void {
  const input = usage?.input_tokens;
  if (typeof input === "number") {
    const cached = usage?.cache_read_input_tokens ?? 0;
    const written = usage?.cache_creation_input_tokens ?? 0;
    spent.inputTokens = before.inputTokens + input + cached + written;
    spent.cachedInputTokens = before.cachedInputTokens + cached;
  }
  const output = usage?.output_tokens;
  if (typeof output === "number") spent.outputTokens = before.outputTokens + output;
  const thought = usage?.output_tokens_details?.thinking_tokens;
  if (typeof thought === "number") spent.reasoningTokens = before.reasoningTokens + thought;
}

const estimateTokens = (text: string): number => Math.ceil(Buffer.byteLength(text) / 4);

/** Reads the answer of one call. Yields its text, counts what it cost, and returns how it ended. */
export async function* readAnswer(
  events: AsyncIterable<Anthropic.RawMessageStreamEvent>,
  messages: readonly ModelMessage[],
  spent: Spent,
): AsyncGenerator<string, Ending> {
  const before = { ...spent };
  spent.inputTokens += messages.reduce((sum, { content }) => sum + estimateTokens(content), 0);
  let stop: string | undefined;
  let said = false;
  let thought = false;
  let refusal = "";
  for await (const event of events) {
    if (event.type === "message_start") {
      const { id, model, usage } = event.message;
      spent.facts = { ...spent.facts, id, model };
      count(spent, before, usage);
    }
    if (event.type === "content_block_delta") {
      const { delta } = event;
      if (delta.type === "thinking_delta") {
        thought = true;
        spent.outputTokens += estimateTokens(delta.thinking);
      }
      if (delta.type === "text_delta" && delta.text !== "") {
        said ||= delta.text.trim() !== "";
        spent.outputTokens += estimateTokens(delta.text);
        yield delta.text;
      }
    }
    if (event.type === "message_delta") {
      stop = event.delta.stop_reason ?? stop;
      refusal = event.delta.stop_details?.explanation ?? refusal;
      count(spent, before, event.usage);
    }
  }
  return { stop, said, thought, refusal };
}

/** Says how an answer ended, or why it is none. An answer without text may end by `length`: the caller decides about it. */
export function judge({ stop, said, thought, refusal }: Ending): FinishReason | ProviderFault {
  switch (stop) {
    // A server that shuts down may close its stream like one that has finished.
    case undefined:
      return unanswered("ANSWER_BROKEN_OFF", "The model provider broke off its answer.");
    case "refusal": {
      const why = refusal === "" ? "." : `: "${cutChars(refusal, REFUSAL_CHARS)}"`;
      return noAnswer("ANSWER_REFUSED", `The model refused to answer${why}`);
    }
    case "tool_use":
    case "pause_turn": {
      const message =
        "The model called a tool instead of an answer, though the job offers it none.";
      return noAnswer("ANSWER_TOOL_CALL", message);
    }
    case "max_tokens":
    case "model_context_window_exceeded":
      return "length";
    default: {
      if (said) return "stop";
      const only = "The model only thought, and its answer has no text.";
      return noAnswer("ANSWER_EMPTY", thought ? only : "The model's answer has no text.");
    }
  }
}
