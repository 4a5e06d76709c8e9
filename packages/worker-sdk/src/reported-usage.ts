import type { Usage } from "@millrace/proto/job";
import { cutChars, wellFormed } from "@millrace/shared";
import type { UsageDelta } from "./usage-delta.ts";

/** The contract's limits for the usage of one attempt. */
const MOST_TOKENS = 1_000_000_000;
const MOST_CALLS = 1_000_000;
const MOST_COMPUTE_MS = 1_000_000_000;
const MODEL_CHARS = 128;

/**
 * Adds the usage that an executor reports. Executors often pass on what a model server reported. A wrong count
 * must not cost the worker its stream, with all its other attempts. So values that are negative or not a number
 * are ignored, and the sums stop at the contract's limits.
 */
export function addUsage(usage: Usage, delta: UsageDelta): void {
  const sum = (before: bigint | number, more: number | undefined, most: number): number => {
    const valid = more !== undefined && more > 0 ? Math.round(Math.min(more, most)) : 0;
    return Math.min(most, Number(before) + valid);
  };
  usage.inputTokens = BigInt(sum(usage.inputTokens, delta.inputTokens, MOST_TOKENS));
  usage.outputTokens = BigInt(sum(usage.outputTokens, delta.outputTokens, MOST_TOKENS));
  const cached = sum(usage.cachedInputTokens, delta.cachedInputTokens, MOST_TOKENS);
  usage.cachedInputTokens = BigInt(cached);
  const reasoning = sum(usage.reasoningTokens, delta.reasoningTokens, MOST_TOKENS);
  usage.reasoningTokens = BigInt(reasoning);
  if (typeof delta.model === "string" && delta.model !== "") {
    usage.model = cutChars(wellFormed(delta.model), MODEL_CHARS);
  }
  usage.computeMs = BigInt(sum(usage.computeMs, delta.computeMs, MOST_COMPUTE_MS));
  usage.providerCalls = sum(usage.providerCalls, delta.providerCalls, MOST_CALLS);
}
