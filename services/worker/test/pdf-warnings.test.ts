import { expect, test } from "vitest";
import { firstMore, pagesPdf, pdfOf, show, streamOf } from "./hand-written-pdf.ts";
import { readPdf } from "./read-pdf.ts";

const pageOf = (name: string) => show(`The mill of ${name} turns in the morning.`, 72, 700);

test("reads the other pages if some are damaged, and names these", async () => {
  const good = ["Oda", "Ute", "Ina", "Eva"].map(pageOf);
  const reading = await readPdf(
    pagesPdf([good[0], undefined, good[1], undefined, undefined, good[2], good[3]]),
  );
  expect(reading).toMatchObject({
    kind: "text",
    text: ["Oda", "Ute", "Ina", "Eva"]
      .map((name) => `The mill of ${name} turns in the morning.`)
      .join("\n\n"),
    pages: 7,
    warnings: ["3 pages (2, 4–5) cannot be read and are left out."],
  });
});

test.each([
  ["one node", "[4 0 R null 6 0 R 12 0 R 99 0 R 8 0 R 10 0 R] /Count 7", "null"],
  [
    "several nodes",
    "[4 0 R null 12 0 R 10 0 R] /Count 7",
    "<</Type /Pages /Parent 2 0 R /Kids [6 0 R 99 0 R null 8 0 R] /Count 3>>",
  ],
])(
  "reads all other pages if %s of the tree of pages lacks some, and says how many",
  async (_, kids, node) => {
    const names = ["Oda", "Ute", "Ina", "Eva"];
    const page = (index: number) =>
      `<</Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources <</Font <</F 3 0 R>>>> /Contents ${index} 0 R>>`;
    const pdf = pdfOf([
      "<</Type /Catalog /Pages 2 0 R>>",
      `<</Type /Pages /Kids ${kids}>>`,
      "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
      ...names.flatMap((name, at) => [page(5 + 2 * at), streamOf(pageOf(name))]),
      // Number 12. There is no number 99.
      node,
    ]);
    expect(await readPdf(pdf)).toMatchObject({
      kind: "text",
      text: names.map((name) => `The mill of ${name} turns in the morning.`).join("\n\n"),
      pages: 4,
      warnings: ["3 pages are damaged and are left out."],
    });
  },
);

test("refuses a document of which no page can be read", async () => {
  expect(await readPdf(pagesPdf([undefined, undefined]))).toMatchObject({
    kind: "refused",
    reason: "DOCUMENT_UNREADABLE",
  });
});

test("has no warnings if everything was read", async () => {
  expect(await readPdf(pagesPdf([pageOf("Oda")]))).not.toHaveProperty("warnings");
});

test("names only some of very many damaged pages", async () => {
  const contents = Array.from({ length: 60 }, (_, page) =>
    page % 2 === 1 ? pageOf("Oda") : undefined,
  );
  expect(await readPdf(pagesPdf(contents))).toMatchObject({
    pages: 60,
    warnings: ["30 pages (1, 3, 5, 7, 9, 11, 13, 15 and others) cannot be read and are left out."],
  });
});

test("names the pages without text: they may be scans", async () => {
  expect(await readPdf(pagesPdf([pageOf("Oda"), "", pageOf("Ute")]))).toMatchObject({
    warnings: ["Page 2 has no text: it is blank, or a picture that needs text recognition (OCR)."],
  });
});

test("refuses a document of which most pages are scans, and the others next to empty", async () => {
  const scans = Array.from({ length: 9 }, () => "");
  expect(
    await readPdf(pagesPdf([show("Scanned by the office.", 72, 700), ...scans])),
  ).toMatchObject({
    reason: "DOCUMENT_NO_TEXT",
    message: expect.stringContaining("9 of its 10 pages have none"),
  });
});

test("takes a page with nothing but a running head as one without text", async () => {
  const head = show("Scanned by the office on 3 March.", 72, 750);
  const contents = [..."ABC"].map((name) => head + pageOf(name));
  expect(await readPdf(pagesPdf([...contents, head, head]))).toMatchObject({
    warnings: [expect.stringMatching(/^2 pages \(4–5\) have no text but a running head/)],
  });
});

test("does not refuse a document of which most pages have the same line", async () => {
  const contents = Array.from({ length: 4 }, () => show("The mill turns.", 72, 700));
  expect(await readPdf(pagesPdf([...contents, show("The end.", 72, 700)]))).toMatchObject({
    kind: "text",
    pages: 5,
  });
});

test("says nothing of a title page whose words are the head of other pages", async () => {
  const head = show("The book of the mill", 72, 750);
  const contents = [..."ABC"].map((name) => head + pageOf(name));
  expect(await readPdf(pagesPdf([head, ...contents]))).not.toHaveProperty("warnings");
});

/** Letters of which each stands for another, as in fonts that do not say which characters they show. */
const shifted = (text: string) =>
  [...text]
    .map((c) => (c === " " ? c : String.fromCharCode(c.charCodeAt(0) - 29)))
    .join("")
    .replace(/[()\\]/g, "\\$&");
const lines = [
  "The miller opens the gate in the morning, and the water runs over",
  "the wheel until the stones turn. He has done so for forty years,",
  "and his father before him, as the town needs flour on every day.",
];
const pageWith = (change: (text: string) => string) =>
  lines.map((line, index) => show(change(line), 72, 700 - index * 14)).join("");

test("leaves out a page whose fonts do not say which characters they show, and says so", async () => {
  const reading = await readPdf(pagesPdf([pageWith((text) => text), pageWith(shifted)]));
  expect(reading).toMatchObject({
    text: lines.join(" "),
    warnings: [expect.stringMatching(/^Page 2 is left out: its fonts do not say/)],
  });
});

test("reads what stands in sound fonts beside such text", async () => {
  const map = `/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CMapName /M def /CMapType 2 def 1 begincodespacerange <00> <ff> endcodespacerange
1 beginbfrange <20> <7e> <e020> endbfrange endcmap end end`;
  const sound = lines.map((line, index) => show(line, 72, 600 - index * 14)).join("");
  const pdf = pagesPdf([pageWith((text) => text).replaceAll("/F ", "/Unmapped ") + sound], {
    fonts: `/Unmapped <</Type /Font /Subtype /Type1 /BaseFont /Courier /ToUnicode ${firstMore(1)} 0 R>>`,
    more: [streamOf(map)],
  });
  expect(await readPdf(pdf)).toMatchObject({
    text: lines.join(" "),
    warnings: [expect.stringMatching(/^Page 1 is read in part: some of its fonts/)],
  });
});

test("refuses a document of nothing but such pages, and says what to do", async () => {
  expect(await readPdf(pagesPdf([pageWith(shifted)]))).toMatchObject({
    reason: "DOCUMENT_NO_TEXT",
    message: expect.stringMatching(/fonts that do not say.*run text recognition/),
  });
});
