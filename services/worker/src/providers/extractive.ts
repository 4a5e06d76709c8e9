import { NonRetryableError } from "@millrace/worker-sdk";
import type { ThreadPool } from "../threads/thread-pool.ts";
import type { Message, Provider } from "./provider.ts";

/** What to quote from, and what it shall be about. */
function sourceOf(messages: readonly Message[]): { text: string; question: string } {
  const said = messages.filter(({ role }) => role !== "system").map(({ content }) => content);
  const last = said.pop() ?? "";
  return said.length === 0
    ? { text: last, question: "" }
    : { text: said.join("\n\n"), question: last };
}

/**
 * A provider that needs no network, for trying Millrace out: it quotes. A single message is answered
 * with its own key sentences; the last of several with the sentences before it that have most to do
 * with it. It follows no instructions, and spends no tokens at anyone; those it reports are counted alike.
 */
export const extractiveProvider = (threads: ThreadPool): Provider => ({
  name: "extractive",
  model: "textrank",
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
          "The text is too much for the extractive provider: send it in smaller parts.";
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
      usage: () => ({ inputTokens, outputTokens, providerCalls: 0, computeMs }),
    };
  },
});
