/** Tests documents of pictures, with text recognition on and off. */
import { expect, test } from "vitest";
import { ferry, mill, pictureOf, size, write } from "./pictures.ts";
import { keyId, makePdf, openDocuments } from "./setup.ts";

type Page =
  | { readonly text: string }
  | { readonly picture: string; readonly turn?: number; readonly stamp?: string };

async function scan(...pages: Page[]): Promise<Buffer> {
  const pictures = await Promise.all(
    pages.map(async (page) => ("picture" in page ? pictureOf(page.picture) : undefined)),
  );
  return makePdf(
    (pdf) => {
      for (const [index, page] of pages.entries()) {
        pdf.addPage();
        const picture = pictures[index];
        const turn = "picture" in page ? (page.turn ?? 0) : 0;
        const { width, height } = pdf.page;
        pdf.rotate(turn, { origin: [width / 2, height / 2] });
        if (picture !== undefined) pdf.image(picture, 0, 0, { width });
        else if ("text" in page) write(pdf, page.text);
        if ("stamp" in page) pdf.fontSize(10).text(page.stamp ?? "", 30, 30);
      }
    },
    { autoFirstPage: false, size, margin: 30 },
  );
}

async function setup(change: Parameters<typeof openDocuments>[0], content: Buffer) {
  const { put, readDocument } = await openDocuments(change);
  const id = await put("scan.pdf", "application/pdf", content);
  const stop = new AbortController();
  const progress: string[] = [];
  let spentMs = 0;
  const read = (
    onProgress = (done: number, total: number) => void progress.push(`${done}/${total}`),
  ) =>
    readDocument(id, keyId, {
      ...{ signal: stop.signal, onProgress },
      onSpent: (cpuMs) => {
        spentMs += cpuMs;
      },
    });
  return { read, stop, progress, spentMs: () => spentMs };
}

const flat = (text: string) => text.replace(/\s+/g, " ");

test("reads a scanned PDF page by page, and says that recognition makes mistakes", async () => {
  const { read, progress, spentMs } = await setup(
    { ocr: {} },
    await scan({ picture: mill }, { picture: ferry }),
  );
  const { text, pages, warnings } = await read();
  expect(flat(text)).toBe(`${mill} ${ferry}`);
  expect(pages).toBe(2);
  expect(warnings).toEqual(["2 pages were read by text recognition (eng), which makes mistakes."]);
  expect(progress.slice(-2)).toEqual(["1/2", "2/2"]);
  expect(spentMs()).toBeGreaterThan(0);
});

test("reads the scanned pages of a PDF in their place between the others", async () => {
  const ends = "The end of the report is on this page, which was typed.";
  const { read } = await setup(
    { ocr: {} },
    await scan({ text: ferry }, { picture: mill }, { text: ends }),
  );
  expect(flat((await read()).text)).toBe(`${ferry} ${mill} ${ends}`);
});

test.each([90, 180, 270])(
  "reads a page that was scanned with a turn of %i degrees",
  async (turn) => {
    const { read } = await setup({ ocr: {} }, await scan({ picture: mill, turn }));
    expect(flat((await read()).text)).toBe(mill);
  },
);

test("reads scanned pages that have a stamp of text", async () => {
  const pages = [mill, ferry, mill].map((picture) => ({
    picture,
    stamp: "Scanned by the archive",
  }));
  const { read } = await setup({ ocr: {} }, await scan(...pages, { text: ferry }));
  const { text } = await read();
  expect(flat(text).split(mill)).toHaveLength(3);
  expect(flat(text).split(ferry)).toHaveLength(3);
});

test("refuses a PDF of a picture without words", async () => {
  const dots = await makePdf(
    (pdf) => {
      for (let dot = 0; dot < 150; dot += 1) {
        pdf.circle((dot * 7_919) % 350, (dot * 104_729) % 350, 1 + (dot % 7)).stroke();
      }
    },
    { size },
  );
  const { read } = await setup({ ocr: {} }, dots);
  await expect(read()).rejects.toMatchObject({ reason: "DOCUMENT_NO_TEXT" });
});

test("refuses a scanned PDF without text recognition, and names the setting", async () => {
  const { read } = await setup({}, await scan({ picture: mill }));
  await expect(read()).rejects.toMatchObject({
    ...{ reason: "DOCUMENT_NO_TEXT", message: expect.stringContaining("MILLRACE_OCR") },
  });
});

test("recognises as many pages as the limit says, and says so", async () => {
  const { read } = await setup(
    { ocr: { pages: 1 } },
    await scan({ picture: mill }, { picture: ferry }),
  );
  const { text, warnings } = await read();
  expect(flat(text)).toBe(mill);
  expect(warnings).toEqual([
    expect.stringContaining("1 page was read"),
    expect.stringContaining("reads 1 of the 2 pages without text"),
    expect.stringContaining("Page 2 has no text"),
  ]);
});

test("gives up a page that takes too long, and refuses a document of such pages", async () => {
  const { read } = await setup({ ocr: { pageMs: 100 } }, await scan({ picture: mill }));
  await expect(read()).rejects.toMatchObject({ reason: "DOCUMENT_NO_TEXT" });
});

test("stops between pages when the job is cancelled", async () => {
  const { read, stop } = await setup(
    { ocr: {} },
    await scan({ picture: mill }, { picture: ferry }),
  );
  let recognised = 0;
  const reading = read((done, total) => {
    // The first reading reports pages too, and ends with the last.
    if (total === 2 && done === 1) recognised += 1;
    if (recognised === 2) stop.abort(new Error("cancelled"));
  });
  await expect(reading).rejects.toThrow("cancelled");
});
