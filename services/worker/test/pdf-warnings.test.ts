import { expect, test } from "vitest";
import { pagesPdf, show } from "./hand-written-pdf.ts";
import { readPdf } from "./read-pdf.ts";

const pageOf = (name: string) => show(`The mill of ${name} turns in the morning.`, 72, 700);

test("reads the other pages if some are damaged, and names these", async () => {
  const good = ["Oda", "Ute", "Ina", "Eva"].map(pageOf);
  const reading = await readPdf(
    pagesPdf([good[0], undefined, good[1], undefined, undefined, good[2], good[3]]),
  );
  expect(reading).toEqual({
    kind: "text",
    text: ["Oda", "Ute", "Ina", "Eva"]
      .map((name) => `The mill of ${name} turns in the morning.`)
      .join("\n\n"),
    pages: 7,
    warnings: ["3 pages (2, 4–5) cannot be read and are left out."],
  });
});

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
