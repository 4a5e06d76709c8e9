import { countTokens } from "gpt-tokenizer";
import { expect, test } from "vitest";
import { type KeySentencesInput, keySentences as key } from "./key-sentences.ts";

const keySentences = (text: string, maxTokens: number, question = "") =>
  key({ text, maxTokens, question } satisfies KeySentencesInput).sentences;

const story = `Call me Ishmael. Some years ago, never mind how long precisely, having little or no money in
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
const flat = story.replaceAll(/\s+/g, " ");

const subjects = ["miller", "baker", "smith", "weaver", "ferryman", "teacher", "mason", "carter"];
const verbs = ["repaired", "painted", "measured", "carried", "sold", "counted", "lost", "opened"];
const things = ["wheel", "gate", "bridge", "oven", "window", "ladder", "boat", "fence", "lamp"];
/** Sentences that all differ, in chapters that each name a year of their own. */
const book = (chapters: number, sentences: number) =>
  Array.from({ length: chapters }, (_, chapter) =>
    Array.from({ length: sentences }, (_, i) => {
      const n = chapter * sentences + i;
      const [who, did, what] = [
        subjects[n % 8],
        verbs[(n >> 3) % 8],
        things[(n * 5 + chapter) % 9],
      ];
      return `In the year ${1800 + chapter} the ${who} ${did} the ${what} that stood by house ${n}.`;
    }).join(" "),
  ).join("\n\n");

test("takes every sentence of the summary from the text, in the text's order", () => {
  const places = keySentences(story, 120).map((sentence) => flat.indexOf(sentence));
  expect(places.length).toBeGreaterThan(1);
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});

test.each([1, 5, 20, 60, 150])("keeps a summary within %i tokens", (maxTokens) => {
  expect(countTokens(keySentences(story, maxTokens).join(" "))).toBeLessThanOrEqual(maxTokens);
});

test("returns at most a fifth of a text that is shorter than the summary may be", () => {
  const { sentences, inputTokens, outputTokens } = key({
    ...{ text: story, maxTokens: 10_000, question: "" },
  });
  expect(sentences.length).toBeGreaterThan(1);
  expect(outputTokens).toBeLessThanOrEqual(inputTokens / 5);
});

test("returns one sentence of a text of two, and nothing without a budget", () => {
  expect(keySentences("The mill turns all day. The river is high now.", 100)).toHaveLength(1);
  expect(keySentences(story, 0)).toEqual([]);
});

test("gives equal output for equal input", () => {
  expect(key({ text: story, maxTokens: 80, question: "" })).toEqual(
    key({ text: story, maxTokens: 80, question: "" }),
  );
});

test("ranks sentences that have words in common with others above isolated ones", () => {
  const linked =
    "A lease protects each job of the queue. Each job has a lease with a token. The token guards the lease.";
  const others = ["Bananas ripen quickly in bowls.", "Yesterday was a rather cloudy morning."];
  const text = [others[0], linked, others[1], "Nobody saw those green umbrellas."].join(" ");
  expect(linked).toContain(keySentences(text, 14).join(" "));
});

test("takes sentences from the whole length of a book", () => {
  const years = keySentences(book(40, 25), 512).map((sentence) => /\d{4}/.exec(sentence)?.[0]);
  const quarters = years.map((year) => Math.floor((Number(year) - 1800) / 10));
  expect(new Set(quarters)).toEqual(new Set([0, 1, 2, 3]));
  expect(quarters).toEqual(quarters.toSorted((a, b) => a - b));
  for (const quarter of [0, 1, 2, 3])
    expect(quarters.filter((one) => one === quarter).length).toBeGreaterThan(quarters.length / 8);
});

test("quotes only one of sentences that are almost the same", () => {
  const log = (i: number) => `The captain wrote in log ${i} that the whale had turned the ship.`;
  const text = `${Array.from({ length: 30 }, (_, i) => log(i)).join(" ")} ${flat}`;
  const chosen = keySentences(text, 512).filter((one) => one.startsWith("The captain wrote"));
  expect(chosen).toHaveLength(1);
});

test("skips headings, rows and entries if there are sentences", () => {
  const page =
    "2.2 The lease\n\n$ lease --list lease\n\nlease\tjob lease\n\n• A lease has a token.";
  expect(keySentences(page, 100)).toEqual(["A lease has a token."]);
});

test("quotes headings and entries of a text that has nothing else", () => {
  const slides = "The lease\n\nThe token of a lease\n\n- renewed by heartbeat\n- guards each write";
  expect(keySentences(slides, 100)).not.toEqual([]);
});

test("quotes entries of slides, and not their notice of rights", () => {
  const slides =
    "Quarterly update\n\n• Revenue grew 12 percent over last year in all three regions\n\n• New factory in Ohio opens in spring and employs 200 people\n\nAll rights reserved.\n\nPage 3 of 12.";
  expect(keySentences(slides, 90).join(" ")).toMatch(/^(Revenue grew|New factory)/);
  expect(keySentences(slides, 90).join(" ")).not.toMatch(/rights|Page/);
});

test("quotes numbers of a text that has nothing else", () => {
  expect(keySentences("1 2 3\n4 5 6\n7 8 9", 100)).not.toEqual([]);
});

test("returns the first words of the best sentence if no sentence fits", () => {
  expect(keySentences("The captain wrote of the whale that turned the ship.", 6)).toEqual([
    "The captain wrote of the …",
  ]);
  expect(keySentences("水磨坊建于一八五〇年，位于小镇北边的河岸。", 8).join("")).toMatch(
    /^水磨坊.*…$/,
  );
});

test("answers a question with the sentences about it", () => {
  const question = "Which city do wharves belt round?";
  expect(keySentences(story, 40, question).join(" ")).toContain("Manhattoes");
  expect(keySentences(story, 40).join(" ")).not.toContain("Manhattoes");
});

test("does not answer a question with the question", () => {
  const text = `Of what are the stones of the mill? The mill has two stones of granite. ${flat}`;
  const answer = keySentences(text, 60, "Of what are the stones of the mill?");
  expect(answer.join(" ")).toContain("granite");
  expect(answer.join(" ")).not.toContain("Of what");
});

test("answers a question that shares no word with the text with its key sentences", () => {
  expect(keySentences(story, 60, "Quid novi?")).toEqual(keySentences(story, 60));
});

test("takes a request for a summary for no question about its words", () => {
  const text = `This short text is about a summary. ${flat}`;
  const request = "Please write a short summary of the text.";
  expect(keySentences(text, 60, request)).toEqual(keySentences(text, 60));
});

test("counts the tokens of what it returns", () => {
  const { sentences, inputTokens, outputTokens } = key({
    ...{ text: story, maxTokens: 80, question: "" },
  });
  expect(inputTokens).toBe(countTokens(story));
  expect(outputTokens).toBeGreaterThanOrEqual(countTokens(sentences.join(" ")));
  expect(outputTokens).toBeLessThanOrEqual(80);
});

const chinese =
  "水磨坊建于一八五〇年，位于小镇北边的河岸。磨坊主每天清晨打开闸门，水流推动木轮，一直转到傍晚。冬天河面结冰，磨坊要停工几个星期。一九二〇年，镇上的议会决定修建一座水坝。水坝建成以后，河水变得平缓，磨坊的产量增加了一倍。";
const notice =
  "This page was translated by volunteers of the museum. Please write to the editor if you find an error.";

test("summarises a text in Chinese, and not the English notice below it", () => {
  const summary = keySentences(`# 水磨坊的历史\n\n${chinese}\n\n## Abstract\n\n${notice}`, 90);
  expect(summary.join("")).toMatch(/^[\p{Script=Han}，。]+$/u);
});

test("quotes no licence, references or contents of a document of prose", () => {
  const licence =
    "Copyright 2020 by the authors. Permission is hereby granted to redistribute this text under the licence.";
  const entry = (n: number) =>
    `[${n}] Smith, A. and Jones, B. The mill of the river. Journal of Mills, vol. 3, pp. 12-${20 + n}, 199${n}.`;
  const references = Array.from({ length: 8 }, (_, i) => entry(i)).join("\n\n");
  const text = `${licence}\n\n${story}\n\n${story.toUpperCase()}\n\nReferences\n\n${references}`;
  for (const sentence of keySentences(text, 400)) expect(flat).toContain(sentence);
});
