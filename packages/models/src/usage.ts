import type { AnswerFacts, TokenUsage } from "@millrace/shared";

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const objectIn = (value: unknown): Json => (isObject(value) ? value : {});

const count = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;

/** What a call has spent so far. */
export interface Spent {
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  providerCalls: number;
  facts: AnswerFacts;
}

export const nothingSpent = (): Spent => ({
  ...{ inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 },
  ...{ providerCalls: 0, facts: {} },
});

export const usageOf = (spent: Spent, model: string): TokenUsage => {
  const { inputTokens, outputTokens, providerCalls } = spent;
  const { cachedInputTokens, reasoningTokens } = spent;
  return {
    ...{ inputTokens, outputTokens, providerCalls, model },
    ...(cachedInputTokens > 0 ? { cachedInputTokens } : {}),
    ...(reasoningTokens > 0 ? { reasoningTokens } : {}),
  };
};

export type Counted = Omit<Spent, "providerCalls" | "facts">;

/** Reads the usage of any of OpenAI's objects, which name their tokens differently. Undefined if there is none. */
export function countedIn(usage: unknown): Counted | undefined {
  if (!isObject(usage)) return undefined;
  const input = objectIn(usage.prompt_tokens_details ?? usage.input_tokens_details);
  const output = objectIn(usage.completion_tokens_details ?? usage.output_tokens_details);
  return {
    inputTokens: count(usage.prompt_tokens ?? usage.input_tokens),
    outputTokens: count(usage.completion_tokens ?? usage.output_tokens),
    cachedInputTokens: count(input.cached_tokens),
    reasoningTokens: count(output.reasoning_tokens),
  };
}
