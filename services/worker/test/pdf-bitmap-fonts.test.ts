/** Tests the bitmap fonts of TeX, which have the size 1 and characters of the full size. */
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
