import { expect, test } from "vitest";
import { firstMore, lettersFrom, pagesPdf, show } from "./hand-written-pdf.ts";
import { paragraphsOf } from "./read-pdf.ts";

const left = [
  "The mill stands at the river north of",
  "the town. It was built in 1850 by the",
  "council, which paid the miller from",
  "the tolls of the bridge. In winter the",
  "ice stops the wheel for many weeks.",
];
const right = [
  "Visitors come by the ferry that leaves",
  "the town each hour. The keeper shows",
  "them the stones, and then the gate",
  "that holds the water back. A child may",
  "open the gate, if the river is low.",
];
const inColumns = [left.join(" "), right.join(" ")];
const column = (lines: readonly string[], x: number, y = 700) =>
  lines.map((line, index) => show(line, x, y - index * 14));
const rowByRow = left.flatMap((line, index) => [
  show(line, 72, 700 - index * 14),
  show(right[index] ?? "", 320, 700 - index * 14),
]);

test.each([
  ["row by row", rowByRow],
  ["column by column", [...column(left, 72), ...column(right, 320)]],
  ["from the last line to the first", [...column(left, 72), ...column(right, 320)].toReversed()],
  ["on other baselines", [...column(left, 72), ...column(right, 320, 694)]],
])("reads columns one after the other if they are written %s", async (_, shown) => {
  expect(await paragraphsOf(pagesPdf([shown.join("")]))).toEqual(inColumns);
});

test("reads three columns, and the lines above and below them that are as wide as the page", async () => {
  const short = (lines: readonly string[]) =>
    lines.map((line, index) => (index < 4 ? line.slice(0, 22) : `${line.slice(0, 21)}.`));
  const heading = show("The mill at the river, and what the keeper of its gate tells", 72, 740, 16);
  const foot =
    "This page was printed for the visitors of the mill, and may be copied by all who like.";
  const pdf = pagesPdf([
    [
      ...column(short(left), 72),
      heading,
      ...column(short(right), 230),
      show(foot, 72, 600),
      ...column(short(left), 390),
    ].join(""),
  ]);
  expect(await paragraphsOf(pdf)).toEqual([
    "The mill at the river, and what the keeper of its gate tells",
    short(left).join(" "),
    short(right).join(" "),
    short(left).join(" "),
    foot,
  ]);
});

test("reads a table row by row", async () => {
  const rows = [
    ["Adults", "from 18 years", "4.50"],
    ["Pupils", "with a teacher", "2.50"],
    ["Children", "below 6 years", "0.00"],
    ["Dogs", "on a lead", "1.00"],
  ];
  const cells = rows.flatMap((row, y) =>
    row.map((cell, x) => show(cell, 72 + x * 120, 700 - y * 14)),
  );
  expect(await paragraphsOf(pagesPdf([cells.join("")]))).toEqual(rows.map((row) => row.join(" ")));
});

test("reads the cells of a table that have several lines one after the other", async () => {
  const cell = (lines: readonly string[], x: number, y: number) => column(lines, x, y);
  const rows = [0, 1, 2, 3].map((row) => [
    ...cell(left.slice(row, row + 2), 72, 700 - row * 50),
    ...cell(right.slice(row, row + 2), 320, 700 - row * 50),
  ]);
  const text = (await paragraphsOf(pagesPdf([rows.flat().join("")]))).join(" ");
  expect(text).toBe(
    [0, 1, 2, 3]
      .flatMap((row) => [...left.slice(row, row + 2), ...right.slice(row, row + 2)])
      .join(" "),
  );
});

test("reads a table row by row if some rows are headings, and the row below it stands on one side", async () => {
  const rows = [0, 1, 2].map((row) => [
    ...column(left.slice(row, row + 2), 72, 690 - row * 90),
    ...column(right.slice(row, row + 2), 320, 690 - row * 90),
  ]);
  const headings = ["Mills", "Ferries", "Gates"];
  const heads = headings.map((heading, row) => show(heading, 72, 714 - row * 90));
  const source = show("Source: the council.", 72, 440);
  const text = await paragraphsOf(pagesPdf([[...rows.flat(), ...heads, source].join("")]));
  expect(text.join(" ")).toBe(
    [
      ...headings.flatMap((heading, row) => [
        heading,
        ...left.slice(row, row + 2),
        ...right.slice(row, row + 2),
      ]),
      "Source: the council.",
    ].join(" "),
  );
});

test("reads the text of a list in its order, and not the bullets first", async () => {
  const bullets = [0, 1, 2, 3].map((item) => show("\\225", 72, 700 - item * 28));
  const texts = [0, 1, 2, 3].flatMap((item) => [
    show(left[item] ?? "", 90, 700 - item * 28),
    show(right[item] ?? "", 90, 686 - item * 28),
  ]);
  const items = [0, 1, 2, 3].map((item) => `• ${left[item]} ${right[item]}`);
  expect(await paragraphsOf(pagesPdf([[...bullets, ...texts].join("")]))).toEqual(items);
});

test("reads columns whose paragraphs begin at the same heights one after the other", async () => {
  const long = (lines: readonly string[]) => [...lines, ...lines.slice(0, 2)];
  const paragraphs = [0, 1, 2].flatMap((at) => [
    ...column(long(left), 72, 700 - at * 120),
    ...column(long(right), 320, 700 - at * 120),
  ]);
  const text = (await paragraphsOf(pagesPdf([paragraphs.join("")]))).join(" ");
  const side = (lines: readonly string[]) => Array.from({ length: 3 }, () => long(lines)).flat();
  expect(text).toBe([...side(left), ...side(right)].join(" "));
});

test("separates words by the gaps between them, without spaces in the file", async () => {
  const words = (texts: readonly string[], widths: readonly number[]) => {
    let x = 72;
    return texts.map((text, index) => {
      const shown = show(text, x, 700);
      x += widths[index] ?? 0;
      return shown;
    });
  };
  // "mill" is 18 wide at this size, and "er" 11.
  const pdf = pagesPdf([words(["mill", "er", "mill"], [18.7, 15, 0]).join("")]);
  expect(await paragraphsOf(pdf)).toEqual(["miller mill"]);
});

test("separates a cell from the next if its text is too wide for it", async () => {
  const pdf = pagesPdf([show("ENGLERT, C.", 105, 700) + show("1,260.00", 165, 700)]);
  expect(await paragraphsOf(pdf)).toEqual(["ENGLERT, C. 1,260.00"]);
});

test("keeps a raised index in its line, and an accent on its letter", async () => {
  const index = show("The mill", 72, 700) + show("2", 115, 704, 7) + show(" turns", 120, 700);
  expect(await paragraphsOf(pagesPdf([index]))).toEqual(["The mill2 turns"]);
  const high = show("the 1", 72, 700) + show("st", 99, 705.8, 8) + show(" mill", 106, 700);
  const above = show("It is", 72, 714);
  expect(await paragraphsOf(pagesPdf([above + high]))).toEqual(["It is the 1st mill"]);
  const accents = "BT /F 12 Tf 72 700 Td [(r\\264) 450 (esum\\264) 450 (e of the mill)] TJ ET";
  expect(await paragraphsOf(pagesPdf([accents]))).toEqual(["résumé of the mill"]);
});

test("reads a large initial with the word that it begins", async () => {
  const initial = show("T", 72, 672, 51);
  const lines = ["he mill stands at the river north of", "the town. It was built in 1850 by the"];
  const beside = [...lines, "council, which paid the miller from"].map((line, at) =>
    show(line, 105, 700 - at * 14),
  );
  const below = show("the tolls of the bridge, as the book says.", 72, 658);
  expect(await paragraphsOf(pagesPdf([initial + beside.join("") + below]))).toEqual([
    `T${lines.join(" ")} council, which paid the miller from the tolls of the bridge, as the book says.`,
  ]);
});

test("reads text once that is drawn twice to be bold", async () => {
  const glyphs = [
    ["B", 72],
    ["O", 80],
    ["L", 89.3],
    ["D", 96],
  ] as const;
  const pdf = pagesPdf([
    show("The whole line", 72, 720) +
      show("The whole line", 72.4, 720) +
      glyphs.map(([glyph, x]) => show(glyph, x, 700) + show(glyph, x + 0.3, 700.2)).join(""),
  ]);
  expect(await paragraphsOf(pdf)).toEqual(["The whole line BOLD"]);
});

test("keeps text that stands several times on a page", async () => {
  const pdf = pagesPdf([show("no", 72, 700) + show("no", 90, 700) + show("no", 72, 686)]);
  expect(await paragraphsOf(pdf)).toEqual(["no no no"]);
});

test("joins the lines of a paragraph before a capital too, and across columns and pages", async () => {
  const german = ["Der Rat der Stadt bezahlte den", "Müller aus den Zöllen der Brücke", "Bis der"];
  const next = ["Winter kam und das Eis das alte", "Rad aus Holz zum Stehen brachte."];
  const shown = (lines: readonly string[]) =>
    column(lines, 72)
      .join("")
      .replace(/[üö]/g, (letter) => (letter === "ü" ? "\\374" : "\\366"));
  const pdf = pagesPdf([
    shown([...german.slice(0, 2), "Bis der lange und sehr kalte"]),
    shown(next),
  ]);
  expect(await paragraphsOf(pdf)).toEqual([
    "Der Rat der Stadt bezahlte den Müller aus den Zöllen der Brücke Bis der lange und sehr kalte Winter kam und das Eis das alte Rad aus Holz zum Stehen brachte.",
  ]);
});

test("reads Japanese in a font that names its map, without spaces between lines", async () => {
  const lines = ["水車は川の北にある町の", "ために建てられました。"];
  const hex = (text: string) =>
    [...text].map((c) => (c.codePointAt(0) ?? 0).toString(16).padStart(4, "0")).join("");
  const shown = lines.map(
    (line, index) => `BT /F 12 Tf 72 ${700 - index * 14} Td <${hex(line)}> Tj ET\n`,
  );
  const pdf = pagesPdf([shown.join("")], {
    font: `<</Type /Font /Subtype /Type0 /BaseFont /Ryumin-Light /Encoding /UniJIS-UCS2-H /DescendantFonts [${firstMore(1)} 0 R]>>`,
    more: [
      `<</Type /Font /Subtype /CIDFontType0 /BaseFont /Ryumin-Light /CIDSystemInfo <</Registry (Adobe) /Ordering (Japan1) /Supplement 2>> /FontDescriptor ${firstMore(1) + 1} 0 R>>`,
      "<</Type /FontDescriptor /FontName /Ryumin-Light /Flags 4 /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80>>",
    ],
  });
  expect(await paragraphsOf(pdf)).toEqual([lines.join("")]);
});

test("reads a page that is turned, and text that runs up the margin after the rest", async () => {
  const upMargin = "BT /F 12 Tf 0 1 -1 0 40 300 Tm (printed in 1850) Tj ET\n";
  const pdf = pagesPdf([upMargin + column(left, 72).join("")]);
  expect(await paragraphsOf(pdf)).toEqual([left.join(" "), "printed in 1850"]);
  const lines = left.map(
    (line, index) => `BT /F 12 Tf 0 1 -1 0 ${100 + index * 14} 72 Tm (${line}) Tj ET\n`,
  );
  const turned = pagesPdf([lines.join("")], { page: "/Rotate 90" });
  expect(await paragraphsOf(turned)).toEqual([left.join(" ")]);
});

test("has no control characters in its text", async () => {
  const pdf = pagesPdf([show("AB 1850 C", 72, 700)], lettersFrom(1));
  expect(await paragraphsOf(pdf)).toEqual(["1850"]);
});

test("reads a stamp that runs up the margin after the paragraph that the next page ends", async () => {
  const stamp = "BT /F 12 Tf 0 1 -1 0 30 300 Tm (Copy of the council) Tj ET\n";
  const page = (lines: readonly string[], rest = "") => [...column(lines, 72), rest].join("");
  const open = left.slice(0, 4);
  const end = [
    "ice stops the wheel for many weeks.",
    "The gate stays open until the snow",
    "melts.",
  ];
  const going = await paragraphsOf(pagesPdf([page(open, stamp), page([...end, ...right])]));
  expect(going).toEqual([[...open, ...end].join(" "), "Copy of the council", right.join(" ")]);
  const ended = await paragraphsOf(pagesPdf([page(left, stamp), page(right)]));
  expect(ended).toEqual([left.join(" "), "Copy of the council", right.join(" ")]);
});

test.each([
  ["head", 760],
  ["foot", 560],
])(
  "reads a %s with parts above or below both columns as a line, if it stands far from them",
  async (_, y) => {
    const far = show("The mill at the river", 72, y) + show("A guide", 320, y);
    const pdf = pagesPdf([[far, ...column(left, 72), ...column(right, 320)].join("")]);
    const line = "The mill at the river A guide";
    expect(await paragraphsOf(pdf)).toEqual(y > 700 ? [line, ...inColumns] : [...inColumns, line]);
  },
);

test("reads the heading of each column with its column", async () => {
  const headings = show("The mill", 72, 716) + show("The ferry", 320, 716);
  const pdf = pagesPdf([[headings, ...column(left, 72), ...column(right, 320)].join("")]);
  expect((await paragraphsOf(pdf)).join(" ")).toBe(
    ["The mill", ...left, "The ferry", ...right].join(" "),
  );
});
