import type { AnswerFacts, FinishReason, ModelMessage } from "@millrace/shared";
import type { ChatCompletionChunk } from "openai/resources/chat/completions";
import type { Spent } from "../usage.ts";
import { answerPart } from "./answer-part.ts";
import { type Ending, isCut } from "./ending.ts";
import { VisibleText } from "./visible-text.ts";

/** What a completion has spent so far, and how it ended. */
export interface Tally extends Spent {
  finishReason: FinishReason;
}

/** Estimates tokens until the provider reports its own count: a token is about four bytes of English. */
const estimateTokens = (text: string): number => Math.ceil(Buffer.byteLength(text) / 4);

/** What a chunk tells of its answer. Each has the id and the model; the last one may have the usage. */
function factsOf({ id, model, usage }: ChatCompletionChunk): AnswerFacts {
  const cachedTokens = usage?.prompt_tokens_details?.cached_tokens;
  const reasoningTokens = usage?.completion_tokens_details?.reasoning_tokens;
  return {
    ...(typeof id === "string" && id !== "" ? { id } : {}),
    ...(typeof model === "string" && model !== "" ? { model } : {}),
    ...(cachedTokens === undefined ? {} : { cachedTokens }),
    ...(reasoningTokens === undefined ? {} : { reasoningTokens }),
  };
}

export interface ReadOptions {
  readonly messages: readonly ModelMessage[];
  readonly tally: Tally;
  /** Whether the text begins within a thought. */
  readonly thoughtFirst: boolean;
}

interface Reported {
  /** How many tokens of input the server has read, if it says so. */
  readonly readTokens: number | undefined;
  /** How many tokens the answer has, by our estimate or by the server's count, whichever is more. */
  readonly writtenTokens: number;
}

/** Reads the answer of one call. Yields its text, adds what it cost to the tally, and returns how it ended. */
export async function* readAnswer(
  chunks: AsyncIterable<ChatCompletionChunk>,
  { messages, tally, thoughtFirst }: ReadOptions,
): AsyncGenerator<string, Ending & Reported> {
  const visible = new VisibleText(thoughtFirst);
  const before = { ...tally };
  tally.inputTokens += messages.reduce((sum, { content }) => sum + estimateTokens(content), 0);
  let finish: string | undefined;
  let refusal = "";
  let thought = false;
  let callsTool = false;
  let readTokens: number | undefined;
  let writtenTokens = 0;
  for await (const chunk of chunks) {
    const part = answerPart(chunk);
    tally.facts = { ...tally.facts, ...factsOf(chunk) };
    finish = part.finish ?? finish;
    refusal += part.refusal;
    thought ||= part.thought !== "";
    callsTool ||= part.callsTool;
    const written = part.text + part.thought;
    const tokens = written === "" ? 0 : estimateTokens(written);
    tally.outputTokens += tokens;
    writtenTokens += tokens;
    const text = visible.push(part.text);
    if (text !== "") yield text;
    // The provider charges what it counted itself, so its count replaces the estimate.
    if (part.usage) {
      tally.inputTokens = before.inputTokens + part.usage.prompt_tokens;
      tally.outputTokens = before.outputTokens + part.usage.completion_tokens;
      // Some servers leave out of their count what they had in their cache.
      const cached = part.usage.prompt_tokens_details?.cached_tokens ?? 0;
      writtenTokens = Math.max(writtenTokens, part.usage.completion_tokens);
      readTokens = part.usage.prompt_tokens + cached;
      const reasoning = part.usage.completion_tokens_details?.reasoning_tokens ?? 0;
      thought ||= reasoning > 0;
      tally.cachedInputTokens = before.cachedInputTokens + cached;
      tally.reasoningTokens = before.reasoningTokens + reasoning;
    }
  }
  const rest = visible.end(isCut(finish));
  if (rest !== "") yield rest;
  const { said } = visible;
  return {
    ...{ finish, refusal, callsTool, said, thought: thought || visible.thought },
    ...{ readTokens, writtenTokens },
  };
}
