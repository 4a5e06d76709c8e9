import { countTokens } from "gpt-tokenizer";
import { expect, test } from "vitest";
import { extractiveProvider, keySentences, sentencesOf } from "./extractive.ts";

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

test("every sentence of the summary is one of the text, in the text's order", () => {
  const all = sentencesOf(text);
  const places = keySentences(text, 120).map((sentence) => all.indexOf(sentence));
  expect(places.length).toBeGreaterThan(1);
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});

test.each([1, 20, 60, 150])("a summary of at most %i tokens keeps to it", (maxTokens) => {
  expect(countTokens(keySentences(text, maxTokens).join(" "))).toBeLessThanOrEqual(maxTokens);
});

test("a budget for all of the text gives all of it, and no budget nothing", () => {
  expect(keySentences(text, 10_000)).toEqual(sentencesOf(text));
  expect(keySentences(text, 0)).toEqual([]);
});

test("equal input gives equal output", () => {
  expect(keySentences(text, 80)).toEqual(keySentences(text, 80));
});

test("what links sentences outranks what stands alone", () => {
  const linked =
    "The lease protects the job. The job has a lease and a token. A token guards the lease.";
  const mixed = `Bananas ripen quickly. ${linked} Yesterday was cloudy.`;
  const chosen = keySentences(mixed, countTokens(linked) + 4).join(" ");
  expect(chosen).toBe(linked);
});

test("a stop ends the answer", async () => {
  const stop = new AbortController();
  const messages = [{ role: "user" as const, content: text }];
  const { text: answer } = extractiveProvider.complete({
    ...{ messages, maxTokens: 100, signal: stop.signal },
  });
  const reading = async () => {
    for await (const _ of answer) stop.abort(new Error("stop"));
  };
  await expect(reading()).rejects.toThrow("stop");
});
