import { countTokens } from "gpt-tokenizer";
import { expect, test } from "vitest";
import { splitText } from "./split-text.ts";

const story = Array.from(
  { length: 40 },
  (_, i) => `The captain wrote in log ${i} that the whale had turned the ship about.`,
).join(" ");

test("splits into parts that are within the limit and joined are the text", () => {
  const text = `${story}\n\n${"word".repeat(3_000)}\n\n${story}`;
  const parts = splitText({ text, maxTokens: 300 });
  expect(parts.join("")).toBe(text);
  for (const part of parts) expect(countTokens(part)).toBeLessThanOrEqual(330);
});

test("splits a text between paragraphs if possible", () => {
  const paragraph = "The mill turns. ".repeat(30).trim();
  const parts = splitText({
    text: `${paragraph}\n \n${paragraph}\n\n\n${paragraph}`,
    maxTokens: 150,
  });
  expect(parts.map((part) => part.trim())).toEqual([paragraph, paragraph, paragraph]);
});

test.each([
  ["one endless word", "a".repeat(200_000)],
  ["spaces alone", `x${" ".repeat(300_000)}y`],
  ["empty lines alone", `x${"\n".repeat(300_000)}y`],
  ["signs alone", "!".repeat(300_000)],
  ["a model's own special words", "<|endoftext|> and <|im_start|>. ".repeat(2_000)],
])("takes no longer than necessary for %s", (_, text) => {
  expect(splitText({ text, maxTokens: 3_000 }).join("")).toBe(text);
});
