import type { Executor } from "@millrace/worker-sdk";
import { z } from "zod";
import { parsePayload, reasoningTokens } from "./payload.ts";
import type { RunCompletion } from "./run-completion.ts";

const chatPayload = z.strictObject({
  messages: z
    .array(
      z.strictObject({
        role: z.enum(["system", "user", "assistant"]),
        content: z.string().min(1),
      }),
    )
    .min(1),
  /** The longest answer. */
  maxTokens: z.int().min(1).max(100_000).default(1_024),
  reasoningTokens,
});

/** Answers messages and streams the answer as it arrives. The result is `{ text, finish_reason }`. */
export const chatExecutor =
  (complete: RunCompletion): Executor =>
  async (context) => {
    const request = parsePayload(chatPayload, context.payload);
    const { text, finishReason } = await complete(context, request, context.write);
    return { text, finish_reason: finishReason };
  };
