import { countTokens } from "gpt-tokenizer";
import { expect, test } from "vitest";
import { type KeySentencesInput, keySentences as key, sentencesOf } from "./key-sentences.ts";

const keySentences = (text: string, maxTokens: number, question = "") =>
  key({ text, maxTokens, question } satisfies KeySentencesInput).sentences;

const text = `Call me Ishmael. Some years ago, never mind how long precisely, having little or no money in
my purse, and nothing particular to interest me on shore, I thought I would sail about a little and see
the watery part of the world. It is a way I have of driving off the spleen and regulating the circulation.
Whenever I find myself growing grim about the mouth, then, I account it high time to get to sea as soon as
I can. This is my substitute for pistol and ball. There is nothing surprising in this. If they but knew it,
almost all men in their degree, some time or other, cherish very nearly the same feelings towards the ocean
with me.

There now is your insular city of the Manhattoes, belted round by wharves as Indian isles by coral reefs.
Commerce surrounds it with her surf. Right and left, the streets take you waterward. Look at the crowds of
water-gazers there. Nothing will content them but the extremest limit of the land. They must get just as
nigh the water as they possibly can without falling in. Meditation and water are wedded for ever.`;

test("takes every sentence of the summary from the text, in the text's order", () => {
  const all = sentencesOf(text);
  const places = keySentences(text, 120).map((sentence) => all.indexOf(sentence));
  expect(places.length).toBeGreaterThan(1);
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});

test.each([1, 5, 20, 60, 150])("keeps a summary within %i tokens", (maxTokens) => {
  expect(countTokens(keySentences(text, maxTokens).join(" "))).toBeLessThanOrEqual(maxTokens);
});

test("returns the whole text if the budget allows, and nothing without a budget", () => {
  expect(keySentences(text, 10_000)).toEqual(sentencesOf(text));
  expect(keySentences(text, 0)).toEqual([]);
});

test("gives equal output for equal input", () => {
  expect(keySentences(text, 80)).toEqual(keySentences(text, 80));
});

test("ranks sentences that link others above isolated ones", () => {
  const linked =
    "The lease protects the job. The job has a lease and a token. A token guards the lease.";
  const mixed = `Bananas ripen quickly. ${linked} Yesterday was cloudy.`;
  const chosen = keySentences(mixed, countTokens(linked) + 4).join(" ");
  expect(chosen).toBe(linked);
});

test("skips headings, listings and table cells if there are sentences", () => {
  const page = `2.2 The lease\n\n$ lease --list lease\n\nlease\tjob lease\n\n• A lease has a token.`;
  expect(keySentences(page, 100)).toEqual(["A lease has a token."]);
  expect(keySentences("The lease\n\nThe token", 100)).toEqual(["The lease", "The token"]);
});

test("returns the first words of the best sentence if no sentence fits", () => {
  expect(keySentences("The captain wrote of the whale that turned the ship.", 6)).toEqual([
    "The captain wrote of the …",
  ]);
});

test("puts sentences about the question first, and then those linked to them", () => {
  const answer = keySentences(text, 40, "Which city do wharves belt round?");
  expect(answer.join(" ")).toContain("Manhattoes");
  expect(keySentences(text, 40).join(" ")).not.toContain("Manhattoes");
});

test("counts the tokens of what it returns", () => {
  const { sentences, inputTokens, outputTokens } = key({ text, maxTokens: 80, question: "" });
  expect(inputTokens).toBe(countTokens(text));
  expect(outputTokens).toBeGreaterThanOrEqual(countTokens(sentences.join(" ")));
  expect(outputTokens).toBeLessThanOrEqual(80);
});
