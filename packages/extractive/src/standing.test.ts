import { expect, test } from "vitest";
import { languageOf } from "./language.ts";
import { passagesOf } from "./passages.ts";
import { SentenceSplitter, sentencesOf } from "./sentences.ts";
import { standingsOf } from "./standing.ts";

const prose = `The scheduler keeps the order of jobs when it is restarted. Workers connect again by themselves
after a cut in the network. They present their leases and go on with the jobs that they hold. A job whose lease has
expired goes back to its queue. Then another worker may run it, and the old one is told to stop.`;

/** Returns the standing of each sentence of a passage between two of prose. */
function standingIn(passage: string): string[] {
  const text = `${prose}\n\n${passage}\n\n${prose}`;
  const language = languageOf(text);
  const passages = passagesOf(text);
  const sentences = sentencesOf(passages, new SentenceSplitter(text, language));
  const standings = standingsOf(passages, sentences, language);
  return standings.slice(5, -5);
}

test.each([
  ["a sentence", "The mill turns all day, and the miller sleeps."],
  ["a sentence with a number", "The council paid 4,200 crowns for the gate in 1920."],
  ["a sentence with names", "Mr. Smith and Mrs. Jones of Springfield met Dr. Brown at the gate."],
  ["a sentence with one legal word", "The council gave the miller its permission to build a gate."],
])("quotes %s as prose", (_, passage) => {
  expect(standingIn(passage)).toEqual(["prose"]);
});

test.each([
  [
    "a licence",
    "Copyright 2020 by the authors. Redistribution of this text is permitted under the licence.",
  ],
  [
    "a note on the edition",
    "This e-book was produced by volunteers. Please report errors to the editors.",
  ],
  ["a web page's notice", "By using this page you agree to the terms of use."],
  ["another script", "水磨坊建于一八五〇年，位于小镇北边的河岸。"],
  [
    "a reference",
    "[12] Smith, A. and Jones, B. (1999). On mills. Journal of Mills, vol. 3, pp. 12-20.",
  ],
  ["a list of links", "[The first page](a.md) and [the second page](b.md) come here."],
])("does not quote %s while there is prose", (_, passage) => {
  expect(standingIn(passage)).not.toContain("prose");
});

test.each([
  ["a heading", "# The mill"],
  ["figures", "Q1 1,200 3,400 5,600 and Q2 1,300 3,500 5,700."],
  ["names", "John Smith, Mary Jones, Peter Brown, Alice Green, Tom White and Bob Black."],
  ["capitals", "THE SOFTWARE IS PROVIDED AS IT IS AND WITHOUT ANYTHING ELSE."],
  ["half of a speech", 'He said, "We shall go to the mill tomorrow.'],
  ["a command", "Run f({ a: [1] }) && g(b[2]) | h; x = {y};."],
  ["a formula", "Here $n$ is the length and $d$ is the dimension of it."],
])("takes %s for a fragment", (_, passage) => {
  expect(standingIn(passage)).toEqual(expect.arrayContaining(["fragment"]));
  expect(standingIn(passage)).not.toContain("prose");
});

test("takes notices for prose in a text that is about them", () => {
  const licence = `You may redistribute copies of the software under this licence. The copyright holders give no
warranty. They are not liable for damages. Permission under this licence ends when you break its terms of use.`;
  const language = languageOf(licence);
  const passages = passagesOf(licence);
  const sentences = sentencesOf(passages, new SentenceSplitter(licence, language));
  expect(standingsOf(passages, sentences, language)).not.toContain("aside");
});

test("takes what is below a heading of references for an aside, and what follows the section for prose", () => {
  const references = "## References\n\nSmith wrote a long book about the mills of the river.";
  expect(
    standingIn(`${references}\n\n## The river\n\nThe river is wide and slow at the mill.`),
  ).toEqual([...["fragment", "aside", "fragment", "prose"]]);
});
