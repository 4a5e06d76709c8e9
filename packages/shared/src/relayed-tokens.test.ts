import { expect, test } from "vitest";
import { relayedTokens } from "./relayed-tokens.ts";

const words = "a".repeat(400);
const ask = (more: object) => ({ messages: [{ content: words }], ...more });

test.each([
  ["chat.completions", ask({ max_completion_tokens: 50 }), 100 + 50],
  ["chat.completions", ask({ max_tokens: 50, n: 3 }), 100 + 150],
  ["chat.completions", ask({}), 100 + 1_024],
  ["responses", { input: words, max_output_tokens: 7 }, 100 + 7],
  ["embeddings", { input: [words, words] }, 200],
  ["embeddings", { input: [1, 2, 3] }, 3],
  ["embeddings", {}, 1],
] as const)("estimates the input and the longest answer of %s %#", (type, body, tokens) => {
  expect(relayedTokens(type, JSON.stringify(body))).toBe(tokens);
});

test.each([
  { type: "image_url", image_url: { url: `data:image/png;base64,${"A".repeat(100_000)}` } },
  { type: "image_url", image_url: { url: "document:doc_01JDXW5T5Q6M3C9N2V8K4H7R1B" } },
  { type: "input_image", image_url: "https://example.com/mill.png" },
  { type: "input_file", file_data: `data:application/pdf;base64,${"A".repeat(100_000)}` },
])("counts a file by what files cost, and not by its bytes: $type", (part) => {
  const body = { input: [{ content: [part] }], max_output_tokens: 1 };
  const tokens = relayedTokens("responses", JSON.stringify(body)) ?? 0;
  expect(tokens).toBeGreaterThanOrEqual(1_000);
  expect(tokens).toBeLessThan(1_010);
});

test("estimates nothing of other types, and of what is no request", () => {
  expect(relayedTokens("chat", JSON.stringify(ask({})))).toBeUndefined();
  expect(relayedTokens("responses", "[]")).toBeUndefined();
  expect(relayedTokens("responses", "{")).toBeUndefined();
});

test("estimates no more than the contract allows, whatever a request says", () => {
  const body = JSON.stringify({ max_tokens: 1e300, n: 1e300 });
  expect(relayedTokens("chat.completions", body)).toBe(100_000_000);
  expect(relayedTokens("chat.completions", '{"max_tokens": -5, "n": 0}')).toBe(1_024);
});
