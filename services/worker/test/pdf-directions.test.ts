/** Tests text that runs to the left, alone and beside Latin text. */
import { expect, test } from "vitest";
import { firstMore, lettersFrom, pagesPdf, show } from "./hand-written-pdf.ts";
import { paragraphsOf } from "./read-pdf.ts";

const hebrew = (latin: string) =>
  latin.replace(/[A-Z]/g, (letter) => String.fromCodePoint(0x05d0 + letter.charCodeAt(0) - 0x41));

test("reads lines that run to the left from their right end, with spaces, and numbers the right way round", async () => {
  // Each word is written as it is drawn, from the left.
  const words = [
    ["CBA", 300],
    ["FED", 260],
    ["10", 240],
    ["IHG", 200],
  ] as const;
  const content = words.map(([word, x]) => show(word, x, 700)).join("");
  expect(await paragraphsOf(pagesPdf([content], lettersFrom(0x05d0)))).toEqual([
    hebrew("ABC DEF 10 GHI"),
  ]);
});

test("reads the columns of text that runs to the left from the right", async () => {
  const side = (seed: number) =>
    Array.from({ length: 4 }, (_, line) =>
      Array.from({ length: 4 }, (_, word) =>
        [..."ABCDEF"]
          .map((_, at) => String.fromCharCode(65 + ((seed + line * 5 + word * 3 + at) % 26)))
          .join(""),
      ).join(" "),
    );
  const [first, second] = [side(0), side(11)];
  const backwards = (line: string) => [...line].reverse().join("");
  const content = first.flatMap((line, at) => [
    show(backwards(second[at] ?? ""), 72, 700 - at * 14),
    show(backwards(line), 330, 700 - at * 14),
  ]);
  const text = (await paragraphsOf(pagesPdf([content.join("")], lettersFrom(0x05d0)))).join(" ");
  expect(text).toBe(hebrew([...first, ...second].join(" ")));
});

/** A second font, whose capital letters are Hebrew ones. */
const beside = {
  fonts: `/H ${firstMore(1)} 0 R`,
  more: [
    `<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode ${firstMore(1) + 1} 0 R>>`,
    ...lettersFrom(0x05d0).more,
  ],
};
const showHebrew = (text: string, x: number, y: number) => show(text, x, y).replace("/F", "/H");

test("reads a sentence from the left that quotes words which run to the left", async () => {
  const content = [
    show("The keeper of the mill at the river calls it", 72, 700),
    showHebrew("FED", 312, 700),
    showHebrew("CBA", 342, 700),
    show("in the old book of the town.", 374, 700),
  ];
  expect(await paragraphsOf(pagesPdf([content.join("")], beside))).toEqual([
    `The keeper of the mill at the river calls it ${hebrew("ABC DEF")} in the old book of the town.`,
  ]);
});

test("reads a line of a page that runs to the left from the right, although it has long Latin words", async () => {
  const line = (y: number) => [showHebrew("FEDIHGCBA", 300, y), showHebrew("MLKJIHGFE", 230, y)];
  const mixed = [showHebrew("CBA", 300, 672), show("supercalifragilistic", 190, 672)];
  const content = [...line(700), ...line(686), ...mixed];
  const text = (await paragraphsOf(pagesPdf([content.join("")], beside))).join(" ");
  expect(text.endsWith(`${hebrew("ABC")} supercalifragilistic`)).toBe(true);
});

test("separates a Latin word from the word of a line that runs to the left after it", async () => {
  // The prefix before the Latin word touches it, and so does the word after it.
  const content = [
    showHebrew("FEDCBA", 300, 700),
    showHebrew("M", 285, 700),
    show("Mill", 267, 700),
    showHebrew("LKJ", 246.3, 700),
  ];
  expect(await paragraphsOf(pagesPdf([content.join("")], beside))).toEqual([
    hebrew("ABCDEF M@ JKL").replace("@", "Mill"),
  ]);
});
