import { redisForTests } from "@millrace/testing";
import fc from "fast-check";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { libraries, luaPath } from "../../test/scripts.ts";
import type { ModelPrice } from "../models/contract.ts";
import { loadLua } from "../redis/define-script.ts";
import { costMicros, MOST_MICROS, type PricedTokens } from "./costs.ts";

type Case = readonly [Required<PricedTokens>, Required<ModelPrice>];

/** The exact cost in rational numbers: rounded half up, and at most MOST_MICROS. */
function exact([tokens, price]: Case): number {
  const sum =
    BigInt(tokens.inputTokens - tokens.cachedInputTokens) * BigInt(price.inputMicros) +
    BigInt(tokens.cachedInputTokens) * BigInt(price.cachedInputMicros) +
    BigInt(tokens.outputTokens) * BigInt(price.outputMicros);
  const [whole, rest] = [sum / 1_000_000n, sum % 1_000_000n];
  const rounded = rest * 2n >= 1_000_000n ? whole + 1n : whole;
  return rounded > 2n ** 53n - 1n ? MOST_MICROS : Number(rounded);
}

/** Runs the function of the scripts. */
async function inLua() {
  const { url } = await redisForTests();
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  expect(libraries).toContain("spend/lib/costs");
  const script = `local rcall = redis.call
${loadLua(luaPath("spend/lib/costs"))}
local found = {}
for at = 1, #ARGV, 4 do
  local price = costs.read(ARGV[at + 3])
  found[#found + 1] = price and string.format("%.0f", costs.of(tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), price)) or "no price"
end
return found`;
  return async (cases: readonly Case[]) => {
    const args = cases.flatMap(([tokens, { inputMicros, cachedInputMicros, outputMicros }]) => [
      ...[tokens.inputTokens, tokens.cachedInputTokens, tokens.outputTokens].map(String),
      [inputMicros, cachedInputMicros, outputMicros].join(","),
    ]);
    return (await redis.eval(script, 0, ...args)) as string[];
  };
}

const of = (
  [inputTokens, cachedInputTokens, outputTokens]: readonly [number, number, number],
  [inputMicros, cachedInputMicros, outputMicros]: readonly [number, number, number],
): Case => [
  { inputTokens, cachedInputTokens, outputTokens },
  { inputMicros, cachedInputMicros, outputMicros },
];

const MOST_PRICE = 10 ** 12;

/** A case, and its cost. */
const known: readonly (readonly [Case, number])[] = [
  [of([0, 0, 0], [1, 1, 1]), 0],
  // 1,000 × 1.25 + 200 × 0.125 + 50 × 10 micro-dollars.
  [of([1_200, 200, 50], [1_250_000, 125_000, 10_000_000]), 1_775],
  // Just under a half, a half, and just over it.
  [of([1, 0, 0], [499_999, 0, 0]), 0],
  [of([1, 0, 0], [500_000, 0, 0]), 1],
  [of([1, 0, 0], [1_499_999, 0, 0]), 1],
  [of([1, 0, 0], [1_500_000, 0, 0]), 2],
  // The halves of three parts are added before they are rounded.
  [of([2, 1, 1], [500_000, 500_000, 500_000]), 2],
  // A quotient of doubles would round up here: the exact cost is a millionth under a half.
  [
    of([9_007_199_254, 0, 1], [999_999, 0, 499_999]),
    Number((9_007_199_254n * 999_999n) / 1_000_000n) + 1,
  ],
  // The largest amounts.
  [of([MOST_MICROS, 0, 0], [1_000_000, 0, 0]), MOST_MICROS],
  [of([MOST_MICROS - 1, 0, 0], [1_000_000, 0, 0]), MOST_MICROS - 1],
  [of([MOST_MICROS, 0, 1], [1_000_000, 0, 1_000_000]), MOST_MICROS],
  [of([MOST_MICROS, MOST_MICROS, MOST_MICROS], [MOST_PRICE, MOST_PRICE, MOST_PRICE]), MOST_MICROS],
];

test("costs are exact, rounded half up, and at most the largest amount", async () => {
  const lua = await inLua();
  const expected = known.map(([one]) => exact(one));
  expect(expected).toEqual(known.map(([, cost]) => cost));
  expect(known.map(([[tokens, price]]) => costMicros(tokens, price))).toEqual(expected);
  expect(await lua(known.map(([one]) => one))).toEqual(expected.map(String));
});

test("scripts and TypeScript compute what exact arithmetic computes", async () => {
  const lua = await inLua();
  const up = (most: number) =>
    fc.oneof(fc.nat(1_000), fc.nat(1_000_000), fc.integer({ min: 0, max: most }));
  const tokens = up(MOST_MICROS);
  const price = up(MOST_PRICE);
  const one = fc
    .tuple(fc.tuple(tokens, tokens, tokens), fc.tuple(price, price, price))
    .map(([[a, b, output], prices]) => of([Math.max(a, b), Math.min(a, b), output], prices));
  await fc.assert(
    fc.asyncProperty(fc.array(one, { minLength: 50, maxLength: 200 }), async (cases) => {
      const expected = cases.map(exact);
      expect(cases.map(([spent, at]) => costMicros(spent, at))).toEqual(expected);
      expect(await lua(cases)).toEqual(expected.map(String));
    }),
    { numRuns: 50 },
  );
});

test("cached tokens beyond the input count as the input, and an unreadable price is none", async () => {
  const lua = await inLua();
  const [tokens, price] = of([10, 30, 0], [9_000_000, 1_000_000, 0]);
  expect(costMicros(tokens, price)).toBe(10);
  expect(await lua([[tokens, price]])).toEqual(["10"]);
  const odd = { inputMicros: -1, cachedInputMicros: 0, outputMicros: 0 };
  expect(await lua([[tokens, odd]])).toEqual(["no price"]);
});
