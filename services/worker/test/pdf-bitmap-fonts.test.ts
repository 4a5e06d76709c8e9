/** Tests bitmap fonts, of which the size is not that of their characters: those of TeX have the size 1. */
import { expect, test } from "vitest";
import { firstMore, pagesPdf, streamOf } from "./hand-written-pdf.ts";
import { paragraphsOf } from "./read-pdf.ts";

const letters = Array.from("abcdefghijklmnopqrstuvwxyz");
const A = 97;
/** In dots of the printer, of which 600 make an inch. */
const WIDTH = 45;

const first = firstMore(1);
const bitmapFont = `<</Type /Font /Subtype /Type3 /FontMatrix [1 0 0 1 0 0] /FontBBox [0 -20 ${WIDTH} 80]
/Encoding <</Type /Encoding /Differences [${A} ${letters.map((letter) => `/${letter}`).join(" ")}]>>
/CharProcs <<${letters.map((letter) => `/${letter} ${first} 0 R`).join(" ")}>>
/FirstChar ${A} /LastChar ${A + letters.length - 1} /Widths [${letters.map(() => WIDTH).join(" ")}]>>`;
const square = streamOf(`${WIDTH} 0 0 0 ${WIDTH} 60 d1 0 0 ${WIDTH} 60 re f`);

/** A page with a line of words and gaps, in dots. */
const linePdf = (line: string) =>
  pagesPdf([`0.12 0 0 0.12 0 0 cm BT /F 1 Tf 1 0 0 1 600 5800 Tm [${line}] TJ ET`], {
    font: bitmapFont,
    more: [square],
  });

test("does not take the kerning of a bitmap font for a space", async () => {
  const line =
    "(the) -35000 (imp) -2000 (ortance) -35000 (dep) -3000 (ends) -34000 (on) -33000 (it)";
  expect(await paragraphsOf(linePdf(line))).toEqual(["the importance depends on it"]);
});

test("reads lines in their order if the box of a bitmap font is many times as high as a character", async () => {
  const lines = ["the mill stands", "at the river", "and the miller", "lives in town"];
  const font = bitmapFont.replace(/\/FontBBox \[.*?\]/, "/FontBBox [0 0 1000 1000]");
  const content = lines.map((line, index) => {
    const words = line.split(" ").map((word) => `(${word})`);
    return `1 0 0 1 600 ${5_800 - index * 116} Tm [${words.join(" -35000 ")}] TJ`;
  });
  const shown = `0.12 0 0 0.12 0 0 cm BT /F 1 Tf ${content.join(" ")} ET`;
  const text = await paragraphsOf(pagesPdf([shown], { font, more: [square] }));
  expect(text.join(" ")).toBe(lines.join(" "));
});
