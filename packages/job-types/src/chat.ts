import { z } from "zod";
import { reasoningTokens } from "./reasoning-tokens.ts";

/** The payload of a job of type `chat`. */
export const chatPayload = z.strictObject({
  messages: z
    .array(
      z.strictObject({
        role: z.enum(["system", "user", "assistant"]),
        content: z.string().min(1),
      }),
    )
    .min(1),
  maxTokens: z.int().min(1).max(100_000).default(1_024).describe("The longest answer, in tokens."),
  reasoningTokens,
});
