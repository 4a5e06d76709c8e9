import type { CompletionRequest, ModelMessage, ModelProvider } from "@millrace/shared";
import { notTaken } from "./call-fault.ts";

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
function sourceOf(messages: readonly ModelMessage[]): { text: string; question: string } {
  const contents = messages.filter(({ role }) => role !== "system").map(({ content }) => content);
  const last = contents.pop() ?? "";
  return contents.length === 0
    ? { text: last, question: "" }
    : { text: contents.join("\n\n"), question: last };
}

const MODEL = "key-sentences";

/**
 * A provider for trying out Millrace without a network: it quotes. It answers a single message with that message's key
 * sentences. It answers the last of several messages with the sentences before it that relate to it most. It follows no
 * instructions, and its tokens cost nothing. It counts tokens like a model would.
 */
export const extractiveProvider = (
  quote: Quote,
  { account = "" }: { readonly account?: string } = {},
): ModelProvider => ({
  name: "extractive",
  model: MODEL,
  account,
  complete({ messages, maxTokens, signal, keyId }) {
    let outputTokens = 0;
    let inputTokens = 0;
    let computeMs = 0;
    const onSpent = (cpuMs: number) => {
      computeMs = cpuMs;
    };
    async function* answer() {
      const quotes = await quote({ ...sourceOf(messages), maxTokens }, { signal, keyId, onSpent });
      ({ inputTokens, outputTokens } = quotes);
      for (const [i, sentence] of quotes.sentences.entries()) {
        signal.throwIfAborted();
        yield i === 0 ? sentence : ` ${sentence}`;
      }
    }
    return {
      text: answer(),
      finishReason: () => "stop",
      facts: () => ({}),
      usage: () => ({ inputTokens, outputTokens, providerCalls: 0, computeMs, model: MODEL }),
    };
  },
  embed() {
    throw notTaken(account, "extractive", "embeddings");
  },
  relay({ call }) {
    throw notTaken(account, "extractive", call);
  },
});
