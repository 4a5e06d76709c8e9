import { z } from "zod";

/** The room for a model's thoughts before each answer. By default the worker decides. */
export const reasoningTokens = z
  .int()
  .min(0)
  .max(1_000_000)
  .optional()
  .describe("The room for a model's thoughts before each answer. By default the worker decides.");
