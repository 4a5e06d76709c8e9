import { expect, test } from "vitest";
import { refusalWords } from "./refusal-words.ts";

test.each([
  ["429 Rate limit reached for gpt-5", "429 Rate limit reached for gpt-5"],
  ["two\nlines\tand \u001b[31mred\u202e", "two lines and [31mred"],
  ["Incorrect API key provided: sk-proj-abcdef123456.", "Incorrect API key provided: [redacted]."],
  ["sent authorization: Bearer abc.def", "sent authorization: [redacted]"],
  ["a lone \ud83d surrogate", "a lone \ufffd surrogate"],
  ["x".repeat(500), "x".repeat(300)],
])("%j is kept as %j", (said, kept) => {
  expect(refusalWords(said)).toBe(kept);
});
