import { expect, test } from "vitest";
import { type ReadDocumentInput, readDocument } from "../src/documents/read-document.ts";
import { makePdf } from "./setup.ts";

async function textOf(draw: (pdf: PDFKit.PDFDocument) => void) {
  const bytes = new Uint8Array(await makePdf(draw, { margin: 72 }));
  const limits = { pages: 100, characters: 1_000_000 };
  const input: ReadDocumentInput = {
    ...{ filename: "a.pdf", contentType: "application/pdf", bytes, limits },
  };
  const reading = await readDocument(input, () => undefined);
  if (reading.kind !== "text") throw new Error(reading.message);
  return reading.text;
}

const animals = ["whale", "heron", "otter", "beaver", "salmon"];
const paragraphOf = (animal: string) =>
  `The ${animal} lives near the mill, and the miller sees it every morning when the gate is opened and the water begins to run over the wheel. It was there before the mill was built, and it will be there when the mill is gone: so the miller says, who has heard it from the miller before, as that one did from the first of them all.`;

/** A page for each animal, with its text between a running head and a foot. */
const pagesWith = (head: (page: number) => string, foot: (page: number) => string) =>
  textOf((pdf) => {
    animals.forEach((animal, page) => {
      if (page > 0) pdf.addPage();
      pdf.text(head(page), 72, 40, { lineBreak: false });
      pdf.text(foot(page), 72, 740, { lineBreak: false });
      pdf.text(paragraphOf(animal), 72, 100, { width: 450 });
    });
  });
const story = animals.map(paragraphOf).join("\n\n");

test.each<[string, (page: number) => string, (page: number) => string]>([
  ["a page number", () => "", (page) => `${page + 1}`],
  [
    "a title, and the page of how many",
    () => "The Book of the Mill",
    (page) => `${page + 9} / 233`,
  ],
  ["a title with a page number", (page) => `The Book 2 – page ${page + 17}`, () => "© 2026 Press"],
  ["a Roman numeral", (page) => `Preface ${["i", "ii", "iii", "iv", "v"][page]}`, () => ""],
])("leaves out running heads and feet: %s", async (_, head, foot) => {
  expect(await pagesWith(head, foot)).toBe(story);
});

test("keeps what only looks like a running head", async () => {
  const figures = [3, 14, 15, 92, 65];
  const text = await pagesWith(
    (page) => `In ${figures[page]} cases`,
    (page) => `See ${animals[page]}`,
  );
  for (const figure of figures) expect(text).toContain(`In ${figure} cases`);
  for (const animal of animals) expect(text).toContain(`See ${animal}`);
});

test("does not take two equal pages as proof of a running head", async () => {
  const text = await textOf((pdf) => {
    pdf.text("The Mill", 72, 40, { lineBreak: false }).text(paragraphOf("whale"), 72, 100);
    pdf.addPage();
    pdf.text("The Mill", 72, 40, { lineBreak: false }).text(paragraphOf("heron"), 72, 100);
  });
  expect(text.match(/The Mill/g)).toHaveLength(2);
});

test("leaves out a table of contents, but no other line with dot leaders", async () => {
  const text = await textOf((pdf) => {
    pdf.text("Contents");
    for (let page = 1; page < 9; page += 1)
      pdf.text(`${page}.1 The wheel ${". ".repeat(40)}${page}`);
    pdf.addPage();
    pdf
      .text(paragraphOf("whale"))
      .moveDown()
      .text(`The end ${". ".repeat(40)}99`)
      .moveDown()
      .text("We shall keep the wheel, he said....");
  });
  expect(text.split("\n\n")).toEqual([
    paragraphOf("whale"),
    "The end … 99",
    "We shall keep the wheel, he said....",
  ]);
});

test("keeps a page of prices with dot leaders", async () => {
  const fees = ["Adults", "Pupils", "School classes", "Families", "Dogs"];
  const text = await textOf((pdf) => {
    for (const [at, fee] of fees.entries()) pdf.text(`${fee} ${".".repeat(60)} ${at + 1}.50`);
  });
  for (const fee of fees) expect(text).toContain(fee);
});

test("keeps a page of dates with dot leaders that are no numbers of pages", async () => {
  const text = await textOf((pdf) => {
    for (const year of [1650, 1871, 1902, 1955, 1999]) pdf.text(`Flood ${".".repeat(60)} ${year}`);
  });
  expect(text).toContain("1871");
});

test("joins the lines of a paragraph, and both parts of a hyphenated word", async () => {
  const text = await textOf((pdf) => {
    pdf.text("The miller opened the gate in the morn-");
    pdf.text("ing, and the water, well-known for its cold, ran over the");
    pdf.text("wheel of the mill.");
    pdf.moveDown(2);
    pdf.text("It was a Co-");
    pdf.text("Operative mill.");
  });
  expect(text).toBe(
    "The miller opened the gate in the morning, and the water, well-known for its cold, ran over the wheel of the mill.\n\nIt was a Co-\n\nOperative mill.",
  );
});

test("keeps a heading, and each item of a list, separate", async () => {
  const text = await textOf((pdf) => {
    pdf.fontSize(18).text("The wheel");
    pdf.fontSize(11).text(paragraphOf("otter"), { width: 400 });
    pdf.text("• the gate holds the water back until morning comes,", { width: 400 });
    pdf.text("• the wheel turns with it, and the stones with the wheel.", { width: 400 });
  });
  expect(text.split("\n\n")).toEqual([
    "The wheel",
    paragraphOf("otter"),
    "• the gate holds the water back until morning comes,",
    "• the wheel turns with it, and the stones with the wheel.",
  ]);
});

test("continues a sentence on the next page, past the foot and the next head", async () => {
  const text = await textOf((pdf) => {
    for (let page = 0; page < 4; page += 1) {
      if (page > 0) pdf.addPage();
      pdf.text("The Book of the Mill", 72, 40, { lineBreak: false });
      pdf.text(`${page + 1}`, 300, 740, { lineBreak: false });
      pdf.text(
        page === 0 ? "The river is older" : `than its banks, part ${page}, and older`,
        72,
        100,
      );
    }
  });
  expect(text).toBe(
    "The river is older than its banks, part 1, and older than its banks, part 2, and older than its banks, part 3, and older",
  );
});
