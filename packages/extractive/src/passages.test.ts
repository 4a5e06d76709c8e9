import { expect, test } from "vitest";
import { passagesOf } from "./passages.ts";

const textsOf = (text: string) => passagesOf(text).map((passage) => passage.text);

test.each<[string, string, readonly string[]]>([
  ["front matter", "---\ntitle: Notes\ntags:\n  - a\n---\n\nThe mill turns.", ["The mill turns."]],
  ["TOML front matter", '+++\ntitle = "Notes"\n+++\n\nThe mill turns.', ["The mill turns."]],
  [
    "comments",
    "<!-- Do not edit.\n\nEver. -->\n\nThe mill <!-- not --> turns.",
    ["The mill turns."],
  ],
  [
    "fenced code",
    "Before.\n\n```js\n// It is lost. It must not.\nf({});\n```\n\n~~~\na = {b};\n~~~",
    ["Before."],
  ],
  [
    "what a terminal shows",
    "Before.\n\n```\n$ turn mill\nIt turns. All is well.\n```",
    ["Before."],
  ],
  ["indented code", "Before.\n\n    const job = await queue.add({});\n    run(job);", ["Before."]],
  [
    "tables",
    "Before.\n\n| A | B |\n|---|---|\n| One. | Two. |\n\nA | B\n-|-\n1 | 2\n",
    ["Before."],
  ],
  ["images and badges", "[![Build](a.svg)](b)\n\nThe ![mill](c.png) turns.", ["The turns."]],
  ["HTML", '<div align="center"><img alt="A mill."></div>\n\nThe<br> mill.', ["The mill."]],
  ["footnotes", "The mill turns.[^1]\n\n[^1]: Not always does it turn.", ["The mill turns."]],
  [
    "definitions",
    "The [mill][m] turns.\n\n[m]: https://example.com 'The mill.'",
    ["The mill turns."],
  ],
  [
    "directives",
    ":::note\nThe mill turns.\n:::\n\n!!! warning\n\n{% include x %}",
    ["The mill turns."],
  ],
])("leaves out %s", (_, text, passages) => {
  expect(textsOf(text)).toEqual(passages);
});

test.each<[string, string, string]>([
  [
    "links",
    "See [the guide](https://example.com/a?x=1&y=2#z) and <https://example.com>.",
    "See the guide and https://example.com.",
  ],
  ["links without definition", "See [the guide][guide] now.", "See the guide now."],
  [
    "emphasis and code",
    "The **mill** is _old_: run `npm start`.",
    "The mill is old: run npm start.",
  ],
  ["entities", "Mill &amp; river.", "Mill & river."],
  ["words in angle brackets", "Replace <name> by yours.", "Replace <name> by yours."],
  ["cited sentences", "The mill [ 1 ] turns.[12, 13] See [3].", "The mill turns. See [3]."],
  ["tasks", "- [x] Turn the mill.", "Turn the mill."],
  ["quotations", "> The mill\n> turns.", "The mill turns."],
  ["lines of Chinese", "水磨坊建于\n一八五〇年。", "水磨坊建于一八五〇年。"],
])("keeps the text of %s", (_, text, passage) => {
  expect(textsOf(text)).toEqual([passage]);
});

test("tells headings, entries and paragraphs", () => {
  const text = "# One\n\nTwo\n===\n\nThe mill.\n\n- An entry\n- Another\n\n1. A step";
  expect(passagesOf(text).map(({ kind, level }) => `${kind} ${level}`)).toEqual([
    ...["heading 1", "heading 1", "paragraph 0", "entry 0", "entry 0", "entry 0"],
  ]);
});

test("keeps prose that is indented, as in plain text", () => {
  expect(textsOf("Title\n\n     The mill turns all day,\n     and the miller sleeps.")).toEqual([
    ...["Title", "The mill turns all day, and the miller sleeps."],
  ]);
});

test("keeps prose of a part of a document that begins inside a fence", () => {
  const part = "const a = f({});\n```\n\nThe mill turns all day long.\n\n```\nf({ b: [1] });\n";
  expect(textsOf(part)).toContain("The mill turns all day long.");
});

test("separates a title and rows from the text below them", () => {
  const text =
    "The old mill\nThe mill stands at the river to the north of the town, and it turns all day.";
  expect(textsOf(text)[0]).toBe("The old mill");
});

test.each<[string, string, readonly string[]]>([
  ["a table", "| Mill | River |\n|---|---|\n| old | wide |", ["Mill", "River", "old", "wide"]],
  ["a table of HTML", "<table><tr><td>Old</td>\n<td>mill</td></tr></table>", ["Old mill"]],
  ["a program", "```js\nconst mill = river();\n```", ["const mill = river();"]],
  ["an image", "[![The mill](a.svg)](b)", ["The mill"]],
  ["numbers", "1.5 2.5", ["1.5 2.5"]],
  ["a comment", "<!-- The mill turns. -->", []],
])("returns what a text of nothing but %s has", (_, text, passages) => {
  expect(textsOf(text)).toEqual(passages);
});

test.each([
  ["blank lines in front matter", `---\n${"\n".repeat(5_000)}x`],
  ["marks of footnotes", "[^".repeat(100_000)],
  ["comments that do not end", "<!-- ".repeat(100_000)],
  ["tags that do not end", '<a href="x" '.repeat(50_000)],
  ["brackets", "[".repeat(100_000)],
  ["quotations", "> ".repeat(100_000)],
])("takes no longer than necessary for %s", (_, text) => {
  expect(passagesOf(text).length).toBeLessThan(2);
});
