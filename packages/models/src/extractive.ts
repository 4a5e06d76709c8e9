import type { Clock, ModelProvider } from "@millrace/shared";
import { notTaken } from "./call-fault.ts";
import { type Quote, sourceOf } from "./extractive/quote.ts";
import { QuotedRelay } from "./extractive/relay.ts";

const MODEL = "key-sentences";

/**
 * A provider for trying out Millrace without a network: it quotes. It answers a single message with that message's key
 * sentences. It answers the last of several messages with the sentences before it that relate to it most. It follows no
 * instructions, and its tokens cost nothing. It counts tokens like a model would. It answers chat completions and responses of
 * OpenAI's API in the same way, and their answers say that they are quotes.
 */
export const extractiveProvider = (
  quote: Quote,
  { account = "", clock }: { readonly account?: string; readonly clock: Clock },
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
  relay(request) {
    const { call } = request;
    if (call === "embeddings") throw notTaken(account, "extractive", call);
    return new QuotedRelay({ quote, clock, model: MODEL }, call, request);
  },
});
