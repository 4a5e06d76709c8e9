import { expect, test } from "vitest";
import { firstMore, pagesPdf, show, streamOf } from "./hand-written-pdf.ts";
import { paragraphsOf, readPdf } from "./read-pdf.ts";
import { makePdf } from "./setup.ts";

const notice = show("Please wait while the document is loaded.", 72, 700);

test("reads what was typed into a form after the labels of its fields", async () => {
  const pdf = await makePdf((doc) => {
    doc.initForm();
    doc.text("Applicant:", 72, 100).text("Country:", 72, 140).text("Reason:", 72, 180);
    doc.formText("applicant", 200, 95, 200, 20, { value: "Ada Miller" });
    doc.formCombo("country", 200, 135, 200, 20, { select: ["Austria", "Spain"], value: "Spain" });
    doc.formText("reason", 200, 175, 200, 60, {
      ...{ multiline: true, value: "The dam is unsafe.\nThe wheel is old." },
    });
    doc.formText("secret", 200, 300, 200, 20, { password: true, value: "swordfish" });
  });
  const text = (await paragraphsOf(pdf)).join(" ");
  expect(text).toContain("Applicant: Ada Miller");
  expect(text).toContain("Country: Spain");
  expect(text).toContain("The dam is unsafe. The wheel is old.");
  expect(text).not.toContain("swordfish");
});

test("reads a value that is longer than its field before the text below it", async () => {
  const first = firstMore(1);
  const below = show("This form was printed in 1850.", 72, 680);
  const pdf = pagesPdf([show("Reason:", 72, 704) + below], {
    catalog: `/AcroForm <</Fields [${first} 0 R]>>`,
    page: `/Annots [${first} 0 R]`,
    more: [
      `<</Type /Annot /Subtype /Widget /FT /Tx /Ff 4096 /T (a) /F 4 /Rect [150 700 300 716] /DA (/F 12 Tf) /V (The dam\\nis unsafe,\\nand the wheel\\nis old.)>>`,
    ],
  });
  expect((await paragraphsOf(pdf)).join(" ")).toBe(
    "Reason: The dam is unsafe, and the wheel is old. This form was printed in 1850.",
  );
});

test("reads a value that is only in the appearance of its field", async () => {
  const first = firstMore(1);
  const pdf = pagesPdf([show("Applicant:", 72, 704)], {
    catalog: `/AcroForm <</Fields [${first} 0 R]>>`,
    page: `/Annots [${first} 0 R]`,
    more: [
      `<</Type /Annot /Subtype /Widget /FT /Tx /T (a) /F 4 /Rect [150 700 300 716] /AP <</N ${first + 1} 0 R>>>>`,
      streamOf(
        "BT /F 12 Tf 2 4 Td (Ada Miller) Tj ET",
        "/Type /XObject /Subtype /Form /BBox [0 0 150 16] /Resources <</Font <</F 3 0 R>>>>",
      ),
    ],
  });
  expect(await paragraphsOf(pdf)).toEqual(["Applicant: Ada Miller"]);
});

test("reads which boxes are ticked", async () => {
  const box = (name: string, state: string, y: number) =>
    `<</Type /Annot /Subtype /Widget /FT /Btn /T (${name}) /V /${state} /AS /${state} /F 4 /Rect [72 ${y} 84 ${y + 12}] /AP <</N <</Yes 5 0 R /Off 5 0 R>>>>>>`;
  const [a, b] = [firstMore(1), firstMore(1) + 1];
  const pdf = pagesPdf([show("Grain", 90, 702) + show("Flour", 90, 682)], {
    catalog: `/AcroForm <</Fields [${a} 0 R ${b} 0 R]>>`,
    page: `/Annots [${a} 0 R ${b} 0 R]`,
    more: [box("grain", "Yes", 700), box("flour", "Off", 680)],
  });
  expect((await paragraphsOf(pdf)).join(" ")).toBe("[x] Grain Flour");
});

test("reads text boxes, but no hidden ones", async () => {
  const textBox = (text: string, y: number, flags: number) =>
    `<</Type /Annot /Subtype /FreeText /F ${flags} /Rect [72 ${y} 300 ${y + 14}] /DA (/F 12 Tf) /Contents (${text})>>`;
  const pdf = pagesPdf([show("The mill", 72, 700)], {
    page: `/Annots [${firstMore(1)} 0 R ${firstMore(1) + 1} 0 R]`,
    more: [textBox("was sold", 682, 4), textBox("hidden", 660, 2)],
  });
  expect((await paragraphsOf(pdf)).join(" ")).toBe("The mill was sold");
});

test("reads a page that has a note without a place", async () => {
  const note = "<</Type /Annot /Subtype /Popup /F 4 /Contents (note)>>";
  const pdf = pagesPdf([show("The mill", 72, 700)], {
    page: `/Annots [${firstMore(1)} 0 R]`,
    more: [note],
  });
  expect(await paragraphsOf(pdf)).toEqual(["The mill"]);
});

const attached = (contents: readonly (Buffer | string)[]) => {
  const first = firstMore(1);
  const names = contents.map((_, at) => `(file${at}) ${first + 2 * at} 0 R`).join(" ");
  return {
    catalog: `/Collection <</View /D>> /Names <</EmbeddedFiles <</Names [${names}]>>>>`,
    more: contents.flatMap((content, at) => [
      `<</Type /Filespec /F (file${at}) /UF (file${at}) /EF <</F ${first + 2 * at + 1} 0 R>>>>`,
      streamOf(content, "/Type /EmbeddedFile"),
    ]),
  };
};
const inner = (text: string) => pagesPdf([show(text, 72, 700), show("It rests.", 72, 700)]);

test("reads the PDF files in a portfolio, and says which other files it holds", async () => {
  const pdf = pagesPdf(
    [notice],
    attached([inner("The mill turns."), "a,b,c", inner("The river is high.")]),
  );
  expect(await readPdf(pdf)).toEqual({
    kind: "text",
    text: "The mill turns.\n\nIt rests.\n\nThe river is high.\n\nIt rests.",
    pages: 4,
    warnings: ['1 of the 3 files in the portfolio are left out: "file1".'],
  });
});

test("refuses a portfolio without PDF files, and says what to do", async () => {
  expect(await readPdf(pagesPdf([notice], attached(["a,b,c"])))).toMatchObject({
    reason: "DOCUMENT_UNREADABLE",
    message: expect.stringContaining("extract the files that it holds"),
  });
});

test("holds the limits for all files of a portfolio together", async () => {
  const pdf = pagesPdf([notice], attached([inner("The mill turns."), inner("It is high.")]));
  expect(await readPdf(pdf, { pages: 4 })).toMatchObject({ kind: "text" });
  expect(await readPdf(pdf, { pages: 3 })).toMatchObject({ reason: "TOO_LARGE" });
  expect(await readPdf(pdf, { characters: 60 })).toMatchObject({ kind: "text" });
  expect(await readPdf(pdf, { characters: 40 })).toMatchObject({ reason: "TOO_LARGE" });
});

test("bounds the warnings of a portfolio of very many files", async () => {
  const part = pagesPdf([show("The mill turns.", 72, 700), ""]);
  const pdf = pagesPdf([notice], attached(Array.from({ length: 30 }, () => part)));
  const reading = await readPdf(pdf);
  expect(reading).toMatchObject({ kind: "text", pages: 60 });
  expect(reading.kind === "text" && reading.warnings).toHaveLength(20);
});

test("does not read portfolios in portfolios", async () => {
  const deep = pagesPdf([notice], attached([inner("The mill turns.")]));
  expect(await readPdf(pagesPdf([notice], attached([deep])))).toMatchObject({
    reason: "DOCUMENT_UNREADABLE",
  });
});

const xmlForm = (fields: string) => ({
  catalog: `/AcroForm <</Fields [${fields}] /XFA ${firstMore(1)} 0 R>> /NeedsRendering true`,
  more: [streamOf("<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'/>")],
});

test("refuses a form of which the pages only say which program can show it", async () => {
  expect(await readPdf(pagesPdf([notice], xmlForm("")))).toMatchObject({
    reason: "DOCUMENT_UNREADABLE",
    message: expect.stringMatching(/XFA form.*print it to a PDF file/),
  });
});

test("reads the pages of such a form if they have its text", async () => {
  const lines = Array.from({ length: 40 }, (_, index) =>
    show("The council shall pay the miller from the tolls.", 72, 740 - index * 14),
  );
  expect(await readPdf(pagesPdf([lines.join("")], xmlForm("")))).toMatchObject({ kind: "text" });
});
