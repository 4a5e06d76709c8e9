import { expect, test } from "vitest";
import {
  docx,
  epub,
  openDocument,
  paragraph,
  pptx,
  relations,
  shape,
  xlsx,
  zip,
} from "./make-documents.ts";
import { readBytes, textOf } from "./read-document.ts";

const cell = (text: string) => `<w:tc>${paragraph(text)}</w:tc>`;
const row = (...cells: string[]) => `<w:tr>${cells.map(cell).join("")}</w:tr>`;

test("reads paragraphs, tables and text boxes of a DOCX in order", async () => {
  const box = `<w:r><mc:AlternateContent><mc:Choice><w:txbxContent>${paragraph("In a box.")}</w:txbxContent></mc:Choice><mc:Fallback>${paragraph("In a box.")}</mc:Fallback></mc:AlternateContent></w:r>`;
  const body = [
    `<w:p><w:r><w:t>The mill </w:t></w:r>${box}<w:r><w:t xml:space="preserve">turns.</w:t><w:br/><w:t>A &amp; B</w:t></w:r></w:p>`,
    `<w:tbl>${row("Year", "Crowns")}${row("1850", "912")}</w:tbl>`,
    `<w:tbl>${row("Menu", `${"The council paid the miller. ".repeat(10)}`)}</w:tbl>`,
    `<w:p><w:del><w:r><w:delText>Gone.</w:delText></w:r></w:del><w:moveFrom><w:r><w:t>Moved.</w:t></w:r></w:moveFrom><w:r><w:t>The end.</w:t></w:r></w:p>`,
  ];
  expect(await textOf(docx(body.join("")))).toBe(
    [
      ...["The mill turns.\nA & B", "In a box.", "Year\tCrowns\n1850\t912", "Menu"],
      ...["The council paid the miller. ".repeat(10).trim(), "The end."],
    ].join("\n\n"),
  );
});

test("reads footnotes after the text of a DOCX, and HTML that a program put into it", async () => {
  const files = {
    "word/_rels/document.xml.rels": relations({
      f: ["footnotes", "footnotes.xml"],
      h: ["aFChunk", "part.html"],
      x: ["image", "https://example.com/a.png"],
    }),
    "word/footnotes.xml": `<w:footnotes>${paragraph("A note.")}</w:footnotes>`,
    "word/part.html": "<html><body><p>From a page.</p></body></html>",
  };
  const bytes = docx(`${paragraph("The mill turns.")}<w:altChunk r:id="h"/>`, files);
  expect(await textOf(bytes)).toBe("The mill turns.\n\nFrom a page.\n\nA note.");
});

test("reads slides of a PPTX in the order in which they are shown, with their notes", async () => {
  const slides = [
    `${shape("First")}${shape("7", "sldNum")}${shape("Mill Society", "ftr")}`,
    `<p:graphicFrame><a:tbl><a:tr><a:tc><a:p><a:r><a:t>Year</a:t></a:r></a:p></a:tc><a:tc><a:p><a:r><a:t>1850</a:t></a:r></a:p></a:tc></a:tr></a:tbl></p:graphicFrame>`,
  ];
  const notes = { n: ["notesSlide", "../notesSlides/n.xml"] } as const;
  const bytes = pptx(slides, {
    "ppt/slides/_rels/slide2.xml.rels": relations(notes),
    "ppt/notesSlides/n.xml": `<p:notes>${shape("", "sldImg")}${shape("Say hello.")}</p:notes>`,
  });
  const progress: string[] = [];
  const reading = await readBytes(bytes, {}, (done, total) => progress.push(`${done}/${total}`));
  expect(reading).toEqual({ kind: "text", text: "First\n\nSay hello.\n\nYear\t1850", pages: 2 });
  expect(progress).toEqual(["1/2", "2/2"]);
  expect(await readBytes(bytes, { pages: 1 })).toMatchObject({ reason: "TOO_LARGE" });
});

test("reads sheets of an XLSX as lines of cells, with dates as dates", async () => {
  const strings =
    "<si><t>Wheel</t></si><si><r><t>River </t></r><r><t>side</t></r><rPh><t>no</t></rPh></si>";
  const styles = `<numFmts><numFmt numFmtId="164" formatCode="[$-409]d\\-mmm\\ h:mm;@"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/></cellXfs>`;
  const rows = [
    `<row><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>Paid</t></is></c></row>`,
    `<row><c r="A2" s="1"><v>45292</v></c><c r="B2" s="2"><v>45292.5</v></c><c r="C2"><v>0.30000000000000004</v></c></row>`,
    `<row><c r="A3" t="s"><v>1</v></c><c r="B3" t="b"><v>1</v></c><c r="C3" t="str"><f>A1</f><v>x</v></c></row>`,
  ];
  const bytes = xlsx({ Costs: rows.join(""), Empty: "" }, { strings, styles });
  expect(await textOf(bytes)).toBe(
    "Costs\n\nWheel\t\tPaid\n2024-01-01\t2024-01-01 12:00:00\t0.3\nRiver side\tTRUE\tx",
  );
});

test("counts days of an old workbook from 1904", async () => {
  const settings = `<workbookPr date1904="1"/>`;
  const styles = `<cellXfs><xf numFmtId="14"/></cellXfs>`;
  const rows = `<row><c r="A1"><v>1</v></c><c r="B1" t="str"><v>x</v></c></row>`;
  expect(await textOf(xlsx({ A: rows }, { settings, styles }))).toBe("A\n\n1904-01-02\tx");
});

test("reads an ODT with its notes, and without what was deleted", async () => {
  const body = `<office:text><text:tracked-changes><text:p>Gone.</text:p></text:tracked-changes><text:h><text:title>Mills</text:title><draw:frame><svg:title>A wheel</svg:title></draw:frame></text:h><text:p>The<text:s text:c="2"/>mill<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>A note.</text:p></text:note-body></text:note> turns.</text:p><table:table><table:table-row><table:table-cell><text:p>Year</text:p></table:table-cell><table:table-cell><text:p>1850</text:p></table:table-cell></table:table-row></table:table></office:text>`;
  expect(await textOf(openDocument("text", body))).toBe(
    "Mills\n\nThe  mill turns.\n\nA note.\n\nYear\t1850",
  );
});

test("reads pages of an ODP and sheets of an ODS", async () => {
  const page = (text: string) => `<draw:page><text:p>${text}</text:p></draw:page>`;
  const slides = openDocument(
    "presentation",
    `<office:presentation>${page("One")}${page("Two")}</office:presentation>`,
  );
  expect(await readBytes(slides)).toEqual({ kind: "text", text: "One\n\nTwo", pages: 2 });
  const cells = `<table:table-row><table:table-cell><text:p>a</text:p></table:table-cell><table:table-cell table:number-columns-repeated="2"/><table:table-cell><text:p>b</text:p></table:table-cell></table:table-row>`;
  const sheet = `<office:spreadsheet><table:table table:name="Costs">${cells}</table:table></office:spreadsheet>`;
  expect(await textOf(openDocument("spreadsheet", sheet))).toBe("Costs\n\na\t\t\tb");
});

test("reads chapters of an EPUB in reading order, without its table of contents", async () => {
  const bytes = epub(["<h1>One</h1><p>It began.</p>", "<h1>Two</h1><p>It ended.</p>"]);
  expect(await textOf(bytes)).toBe("One\n\nIt began.\n\nTwo\n\nIt ended.");
});

test("refuses a book that is protected, and reads one whose fonts alone are", async () => {
  const protectedBy = (algorithm: string) => ({
    "META-INF/encryption.xml": `<encryption><EncryptionMethod Algorithm="${algorithm}"/></encryption>`,
  });
  const drm = epub(
    ["<p>It began.</p>"],
    protectedBy("http://www.w3.org/2001/04/xmlenc#aes128-cbc"),
  );
  expect(await readBytes(drm)).toMatchObject({ reason: "DOCUMENT_ENCRYPTED" });
  const fonts = epub(["<p>It began.</p>"], protectedBy("http://www.idpf.org/2008/embedding"));
  expect(await textOf(fonts)).toBe("It began.");
});

test("reads a file whose name has another case than the references to it", async () => {
  const body = `<w:document>${paragraph("The mill turns.")}</w:document>`;
  const bytes = zip({ "[Content_Types].xml": "", "Word/Document.xml": body });
  expect(await textOf(bytes)).toBe("The mill turns.");
});

test.each<[string, Uint8Array]>([
  ["DOCX", docx("")],
  ["XLSX", xlsx({ Sheet1: "" })],
  ["PPTX", pptx([shape("", "title")])],
])("refuses a %s without text", async (_, bytes) => {
  expect(await readBytes(bytes)).toMatchObject({ reason: "DOCUMENT_NO_TEXT" });
});

test.each<[string, Uint8Array]>([
  ["lacks its main part", zip({ "[Content_Types].xml": "", "word/styles.xml": "" })],
  ["is nested too deeply", docx("<w:p>".repeat(10_000))],
])("refuses a DOCX that %s", async (_, bytes) => {
  expect(await readBytes(bytes)).toMatchObject({
    ...{ reason: "DOCUMENT_UNREADABLE", message: expect.stringMatching(/is damaged: save/) },
  });
});
