import { costMicros, type Model, type PastRun } from "@millrace/engine";
import type { QuotedRange } from "@millrace/proto/job-service";
import { quantile, type Range } from "../policy/quote-times.ts";

/** So many past runs are needed to say what a job will spend. */
const LEAST_RUNS = 5;

export interface CountedTokens {
  readonly input: Range;
  readonly output: Range;
  /** For people. */
  readonly basis: string;
}

export interface TokensAsked {
  /** What the gateway has counted; undefined if it knows nothing of the job's type. */
  readonly counted: { readonly input: QuotedRange; readonly output: QuotedRange } | undefined;
  readonly countedBasis: string;
  /** Several calls of a model make the job, so what the job itself spent before says little. */
  readonly parts: number;
  /** The caller's own runs of the job's type and model. */
  readonly ownRuns: readonly PastRun[];
  readonly estimatedTokens: number;
  /** What a lease would reserve. */
  readonly reservedTokens: number;
  readonly mostOutputTokens: number | undefined;
}

const rangeOf = ({ low, likely, high }: QuotedRange): Range => ({
  ...{ low: Number(low), likely: Number(likely), high: Number(high) },
});

/** Keeps low ≤ likely ≤ high. */
const ordered = ({ low, likely, high }: Range): Range => ({
  low: Math.min(low, likely, high),
  likely: Math.min(likely, high),
  high,
});

function quantiles(values: readonly number[]): Range {
  const [low = 0, likely = 0, high = 0] = [0.1, 0.5, 0.95].map((part) => quantile(values, part));
  return { low, likely, high };
}

/** The tokens of a job: what the gateway counted, and how long the answers to the caller's recent jobs were. */
export function tokensOf(asked: TokensAsked): CountedTokens {
  const { counted, parts, ownRuns, estimatedTokens, reservedTokens } = asked;
  const most = asked.mostOutputTokens ?? Number.POSITIVE_INFINITY;
  const spent = ownRuns.filter((run) => run.inputTokens + run.outputTokens > 0);
  const known = spent.length >= LEAST_RUNS && parts <= 1;
  const outputs = quantiles(spent.map(({ outputTokens }) => outputTokens));
  const lately = `${spent.length} jobs of this key, type and model that succeeded lately`;
  if (counted !== undefined) {
    const input = rangeOf(counted.input);
    const allowed = rangeOf(counted.output);
    const high = Math.min(allowed.high, most);
    if (!known || allowed.high === 0) {
      return { input, output: ordered({ ...allowed, high }), basis: asked.countedBasis };
    }
    const output = ordered({ ...outputs, high: Math.max(high, outputs.likely) });
    return { input, output, basis: `${asked.countedBasis}; output: ${lately}` };
  }
  if (estimatedTokens > 0) {
    const all = { low: 1, likely: estimatedTokens, high: estimatedTokens };
    return { input: all, output: zero, basis: "the job's estimated_tokens" };
  }
  if (known) {
    const input = quantiles(spent.map(({ inputTokens }) => inputTokens));
    return { input, output: outputs, basis: lately };
  }
  const all = { low: 1, likely: reservedTokens, high: 4 * reservedTokens };
  return {
    ...{ input: all, output: zero },
    basis: "what the queue reserves for a job of which it knows nothing",
  };
}

const zero: Range = { low: 0, likely: 0, high: 0 };

/**
 * What tokens cost on the routes of a model, in micro-dollars. Undefined if the job names no model, or if a route has no price:
 * the job may take that route.
 */
export function costOf(model: Model | undefined, tokens: CountedTokens): Range | undefined {
  if (model === undefined) return undefined;
  const prices = model.routes.flatMap((route) => route.price ?? model.price ?? []);
  const [first] = prices;
  if (first === undefined || prices.length < model.routes.length) return undefined;
  const costs = (of: keyof Range, priced: typeof prices) =>
    priced.map((price) =>
      costMicros({ inputTokens: tokens.input[of], outputTokens: tokens.output[of] }, price),
    );
  return {
    low: Math.min(...costs("low", prices)),
    likely: Math.max(...costs("likely", [first])),
    high: Math.max(...costs("high", prices)),
  };
}
