import { expect, test } from "vitest";
import { jobTokens } from "./job-tokens.ts";
import { exactly, type TokenRange } from "./token-range.ts";

const none = exactly(0);
const text = "a".repeat(400);
const tokensOf = (type: string, payload: object, documents: TokenRange = none) =>
  jobTokens(type, JSON.stringify(payload), documents);

test("a chat counts its messages, and the answer that it allows", () => {
  const chat = { messages: [{ role: "user", content: text }], maxTokens: 90, reasoningTokens: 10 };
  expect(tokensOf("chat", chat)).toMatchObject({
    input: { low: 84, likely: 104, high: 164 },
    output: { low: 1, likely: 50, high: 100 },
  });
  expect(tokensOf("chat", { messages: [] })).toBeUndefined();
});

test("a request that is passed on counts its text, its documents, and each of its answers", () => {
  const ask = { messages: [{ content: text }] };
  expect(tokensOf("chat.completions", { ...ask, max_completion_tokens: 10, n: 2 })).toMatchObject({
    ...{ input: { likely: 100 }, output: { low: 2, likely: 10, high: 20 } },
  });
  const open = tokensOf("chat.completions", ask, exactly(1_000));
  expect(open).toMatchObject({ input: { likely: 1_100 }, output: { likely: 1_024, high: 32_768 } });
  expect(tokensOf("embeddings", { input: text })).toMatchObject({ output: none });
});

test("a summary of one part reads the text once, and one of several parts their summaries, too", () => {
  const payload = { maxTokens: 100, partTokens: 1_000 };
  const one = tokensOf("summarize", payload, exactly(1_000));
  expect(one).toMatchObject({ parts: 1, input: { likely: 1_120 }, output: { low: 30, high: 100 } });
  const two = tokensOf("summarize", payload, exactly(1_001));
  // Each part's summary may have 454 tokens.
  expect(two).toMatchObject({
    parts: 2,
    input: { high: 1_001 + 2 * 120 + 908 + 120 },
    output: { high: 908 + 100 },
  });
  expect(tokensOf("summarize", { maxTokens: 1 })).toBeUndefined();
});

test("a text that summaries do not shorten is counted in a bounded number of rounds", () => {
  const payload = { partTokens: 256, maxTokens: 16 };
  const huge = tokensOf("summarize", payload, exactly(10_000_000));
  expect(huge?.input.high).toBeLessThan(10 * 10_000_000);
  expect(huge?.parts).toBe(39_063);
});

test("nothing is known of other types", () => {
  expect(tokensOf("resize", { a: text })).toBeUndefined();
});
