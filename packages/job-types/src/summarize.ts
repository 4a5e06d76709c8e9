import { z } from "zod";
import { reasoningTokens } from "./reasoning-tokens.ts";

/** The payload of a job of type `summarize`. */
export const summarizePayload = z.strictObject({
  maxTokens: z
    .int()
    .min(16)
    .max(8_192)
    .default(512)
    .describe("The length of the summary, in tokens."),
  partTokens: z
    .int()
    .min(256)
    .max(32_000)
    .default(3_000)
    .describe(
      "The length of a part that is summarised by itself, in tokens. A part and its summary must fit into the model's context.",
    ),
  maxFailedPercent: z
    .int()
    .min(0)
    .max(99)
    .default(5)
    .describe(
      "The most parts that may fail for good, in percent. The summary is then made of the others.",
    ),
  instruction: z.string().max(4_096).default("").describe("An additional instruction for a model."),
  reasoningTokens,
});
