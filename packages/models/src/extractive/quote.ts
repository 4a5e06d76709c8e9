import type { CompletionRequest, ModelMessage } from "@millrace/shared";

/** A text to quote from, and the question that the quotes should answer. */
export interface QuoteSource {
  readonly text: string;
  readonly question: string;
  /** The length of the quotes, in tokens. */
  readonly maxTokens: number;
}

export interface Quotes {
  readonly sentences: readonly string[];
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface QuoteOptions extends Pick<CompletionRequest, "signal" | "keyId"> {
  /** Called with the CPU time that the quotes took, in milliseconds, in whatever way it ended. */
  readonly onSpent: (cpuMs: number) => void;
}

/** Chooses sentences of a text. It computes for long, so it should do so in a thread. */
export type Quote = (source: QuoteSource, options: QuoteOptions) => Promise<Quotes>;

/** Splits messages into the text to quote from, and the question that the quotes should answer. */
export function sourceOf(messages: readonly ModelMessage[]): { text: string; question: string } {
  const contents = messages.filter(({ role }) => role !== "system").map(({ content }) => content);
  const last = contents.pop() ?? "";
  return contents.length === 0
    ? { text: last, question: "" }
    : { text: contents.join("\n\n"), question: last };
}
