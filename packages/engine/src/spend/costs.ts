import type { ModelPrice } from "../models/contract.ts";

/** The largest amount of money that is counted, in micro-dollars: the largest whole number that doubles hold exactly. */
export const MOST_MICROS = Number.MAX_SAFE_INTEGER;

const MILLION = 1_000_000n;

/** The tokens that cost money. `cachedInputTokens` is a part of `inputTokens`. */
export interface PricedTokens {
  readonly inputTokens: number;
  readonly cachedInputTokens?: number;
  readonly outputTokens: number;
}

/** What tokens cost, in micro-dollars, as contract.ts says. spend/lib/costs.lua is the same function for scripts. */
export function costMicros(tokens: PricedTokens, price: ModelPrice): number {
  const { inputTokens, cachedInputTokens = 0, outputTokens } = tokens;
  const { inputMicros, cachedInputMicros = inputMicros, outputMicros } = price;
  const cached = Math.min(cachedInputTokens, inputTokens);
  const exact =
    BigInt(inputTokens - cached) * BigInt(inputMicros) +
    BigInt(cached) * BigInt(cachedInputMicros) +
    BigInt(outputTokens) * BigInt(outputMicros);
  const micros = (exact + MILLION / 2n) / MILLION;
  return Number(micros > BigInt(MOST_MICROS) ? BigInt(MOST_MICROS) : micros);
}
