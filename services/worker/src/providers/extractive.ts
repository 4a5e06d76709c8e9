import { NonRetryableError } from "@millrace/worker-sdk";
import type { ThreadPool } from "../threads/thread-pool.ts";
import type { Message, Provider } from "./provider.ts";

/** Splits messages into the text to quote from, and the question that the quotes should answer. */
function sourceOf(messages: readonly Message[]): { text: string; question: string } {
  const contents = messages.filter(({ role }) => role !== "system").map(({ content }) => content);
  const last = contents.pop() ?? "";
  return contents.length === 0
    ? { text: last, question: "" }
    : { text: contents.join("\n\n"), question: last };
}

/**
 * A provider for trying out Millrace without a network: it quotes. It answers a single message with that message's key
 * sentences. It answers the last of several messages with the sentences before it that relate to it most. It follows no
 * instructions, and its tokens cost nothing. It counts tokens like a model would.
 */
const model = "key-sentences";

export const extractiveProvider = (threads: ThreadPool): Provider => ({
  name: "extractive",
  model,
  complete({ messages, maxTokens, signal, keyId: key }) {
    let outputTokens = 0;
    let inputTokens = 0;
    let computeMs = 0;
    const onSpent = (cpuMs: number) => {
      computeMs = cpuMs;
    };
    async function* answer() {
      const input = { ...sourceOf(messages), maxTokens };
      const options = { signal, key, onSpent };
      const outcome = await threads.run("keySentences", () => ({ input }), options);
      if (outcome.kind !== "done") {
        const message =
          "The text takes the extractive provider too much time or memory: send it in smaller parts.";
        throw new NonRetryableError("TOO_LARGE", message);
      }
      ({ inputTokens, outputTokens } = outcome.value);
      for (const [i, sentence] of outcome.value.sentences.entries()) {
        signal.throwIfAborted();
        yield i === 0 ? sentence : ` ${sentence}`;
      }
    }
    return {
      text: answer(),
      finishReason: () => "stop",
      facts: () => ({}),
      usage: () => ({ inputTokens, outputTokens, providerCalls: 0, computeMs, model }),
    };
  },
});
