/** Tests words that are broken at the end of a line, and the hyphens in words. */
import { expect, test } from "vitest";
import { firstMore, pagesPdf, show, streamOf } from "./hand-written-pdf.ts";
import { paragraphsOf } from "./read-pdf.ts";

const linesPdf = (lines: readonly string[], options: Parameters<typeof pagesPdf>[1] = {}) =>
  pagesPdf([lines.map((line, at) => show(line, 72, 700 - at * 14)).join("")], options);

/** A font whose hyphen is named as a soft one. */
const softHyphens = {
  font: `<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode ${firstMore(1)} 0 R>>`,
  more: [
    streamOf(`/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CMapName /M def /CMapType 2 def 1 begincodespacerange <00> <ff> endcodespacerange
3 beginbfrange <20> <2c> <0020> <2d> <2d> <00ad> <2e> <7e> <002e> endbfrange endcmap end end`),
  ],
};

const broken = [
  "The translations of the miller are kept in the library of the mill, and the trans-",
  "lations of his wife, who is well-known, in that of the town, which the librar-",
  "ian opens each morning.",
];
const whole =
  "The translations of the miller are kept in the library of the mill, and the translations of his wife, who is well-known, in that of the town, which the librarian opens each morning.";

test.each([
  ["are plain", {}],
  ["the font names soft", softHyphens],
])(
  "joins words that are broken, and keeps hyphens in a line, if the hyphens %s",
  async (_, font) => {
    expect(await paragraphsOf(linesPdf(broken, font))).toEqual([whole]);
  },
);

test("does not join words because none of them stands elsewhere", async () => {
  const lines = [
    "The translations of the miller are kept in the library of the mill, that deserves",
    "praise, since all of them contribute to the knowledge that is shared by a large",
    "number of readers.",
  ];
  expect(await paragraphsOf(linesPdf(lines, softHyphens))).toEqual([lines.join(" ")]);
});

test("keeps the hyphen of a compound that goes on with a capital or a number", async () => {
  const lines = [
    "Der Rat der Stadt an der Mur ließ am Fluss die neue Mühle des Pierre-Auger-"
      .replace("ü", "\\374")
      .replace("ß", "\\337"),
    "Observatoriums bauen, und zahlte nach dem langen Winter und dem Jahr mit COVID-",
    "19 auch den Lohn.",
  ];
  const [text] = await paragraphsOf(linesPdf(lines));
  expect(text).toContain("Pierre-Auger-Observatoriums bauen");
  expect(text).toContain("mit COVID-19 auch");
});
