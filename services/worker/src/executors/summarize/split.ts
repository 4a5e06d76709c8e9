import { type AttemptContext, NonRetryableError } from "@millrace/worker-sdk";
import type { ThreadPool } from "../../threads/thread-pool.ts";

/** Splits texts into parts of about `maxTokens` at most, in threads. */
export const splitter =
  (threads: ThreadPool, context: AttemptContext) =>
  async (text: string, maxTokens: number): Promise<string[]> => {
    const { signal, keyId: key } = context;
    const onSpent = (computeMs: number) => context.addUsage({ computeMs });
    const input = { text, maxTokens };
    const outcome = await threads.run("splitText", () => ({ input }), { signal, key, onSpent });
    if (outcome.kind === "done") return outcome.value;
    throw new NonRetryableError(
      "TOO_LARGE",
      "The text is too long to be split into parts: submit shorter documents.",
    );
  };
