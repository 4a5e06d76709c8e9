import type { Quote } from "@millrace/models";
import { NonRetryableError } from "@millrace/worker-sdk";
import type { ThreadPool } from "../threads/thread-pool.ts";

/** Chooses sentences in a thread. */
export const quoteInThreads =
  (threads: ThreadPool): Quote =>
  async (input, { signal, keyId: key, onSpent }) => {
    const outcome = await threads.run("keySentences", () => ({ input }), { signal, key, onSpent });
    if (outcome.kind === "done") return outcome.value;
    const message =
      "The text takes the extractive provider too much time or memory: send it in smaller parts.";
    throw new NonRetryableError("TOO_LARGE", message);
  };
