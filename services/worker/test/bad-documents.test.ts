import { expect, test } from "vitest";
import { bombPdf, formTreePdf } from "./hostile-pdf.ts";
import {
  attempt,
  makePdf,
  modelsOf,
  noDocument,
  openDocuments,
  quotingProvider,
  summarizing,
} from "./setup.ts";

type Change = Parameters<typeof openDocuments>[0];

async function summarize(contentType: string, content: Uint8Array, change?: Change) {
  const { put, threads, readDocument } = await openDocuments(change);
  const models = modelsOf(quotingProvider(threads));
  const execute = summarizing({ models, readDocument, threads });
  const id = await put("report.pdf", contentType, content);
  return execute(attempt({}, [id]).context);
}

const pdf = "application/pdf";
const words = (doc: PDFKit.PDFDocument) => void doc.text("The mill turns in the morning.");
const drawing = (doc: PDFKit.PDFDocument) => void doc.rect(10, 10, 50, 50).fill("red");
const pages = (count: number) =>
  makePdf((doc) => {
    // What is the same on several pages would be their running head.
    const animals = ["whale", "heron", "otter", "beaver", "salmon"];
    for (let page = 1; page < count; page += 1) {
      doc.text(`The ${animals[page % animals.length]} lives near the mill.`).addPage();
    }
    doc.text("The end.");
  });
const twoPixels = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAD0lEQVR4nGP4z8DAwPAfAAcAAf9YSCOEAAAAAElFTkSuQmCC",
  "base64",
);
const onePixelGif = Buffer.from(
  "47494638396101000100800000000000ffffff2c00000000010001000002024401003b",
  "hex",
);

test.each<[string, string, string, () => Promise<Uint8Array> | Uint8Array, RegExp]>([
  ["DOCUMENT_ENCRYPTED", "encrypted", pdf, () => makePdf(words, { userPassword: "x" }), /password/],
  ["DOCUMENT_NO_TEXT", "of a drawing alone", pdf, () => makePdf(drawing), /text recognition/],
  [
    "DOCUMENT_NO_TEXT",
    "of an image alone",
    pdf,
    () => makePdf((doc) => void doc.image(twoPixels)),
    /text recognition/,
  ],
  ["DOCUMENT_NO_TEXT", "of spaces alone", "text/plain", () => Buffer.from(" \n "), /no text/],
  ["DOCUMENT_EMPTY", "empty", pdf, () => Buffer.alloc(0), /is empty/],
  [
    "DOCUMENT_TYPE_MISMATCH",
    "PDF that is text",
    pdf,
    () => Buffer.from("words"),
    /its actual type/,
  ],
  ["DOCUMENT_NO_TEXT", "an image", "text/plain", () => twoPixels, /text recognition/],
  ["DOCUMENT_TYPE_MISMATCH", "an animation", "text/plain", () => onePixelGif, /image\/gif/],
  [
    "DOCUMENT_UNREADABLE",
    "PDF without content",
    pdf,
    () => Buffer.from("%PDF-1.7 and no more"),
    /damaged/,
  ],
  ["DOCUMENT_TYPE_MISMATCH", "no text", "text/plain", () => Buffer.from([0, 0xff]), /neither text/],
  [
    "DOCUMENT_TYPE_MISMATCH",
    "declared as a type that nobody reads",
    "image/png",
    () => Buffer.from("words"),
    /its actual type/,
  ],
])(
  "fails for good with %s for a document that is %s, and says what to do",
  async (reason, _, type, content, message) => {
    const failing = summarize(type, await content());
    await expect(failing).rejects.toMatchObject({ reason, retryable: false });
    await expect(failing).rejects.toThrow(message);
    await expect(failing).rejects.toThrow(/"report.pdf"/);
  },
);

test("refuses a PDF that lost its second half as damaged", async () => {
  const whole = await pages(20);
  const failing = summarize(pdf, whole.subarray(0, whole.length >> 1));
  await expect(failing).rejects.toMatchObject({ reason: "DOCUMENT_UNREADABLE", retryable: false });
});

test("fails only the attempt of a document that takes too long, and says so", async () => {
  const failing = summarize(pdf, await pages(3), { threads: { timeMs: 1 } });
  await expect(failing).rejects.toMatchObject({
    ...{ reason: "DOCUMENT_UNREADABLE", retryable: false },
    message: expect.stringContaining('"report.pdf" takes more than 0.001 s to read'),
  });
});

test("fails only the attempt of a small document that would compute for hours, and reports its CPU time", async () => {
  const { put, threads, readDocument } = await openDocuments({ threads: { cpuMs: 3_000 } });
  const execute = summarizing({
    ...{ models: modelsOf(quotingProvider(threads)), readDocument, threads },
  });
  const { context, used } = attempt({}, [await put("tree.pdf", pdf, formTreePdf(30))]);
  await expect(execute(context)).rejects.toMatchObject({
    ...{ reason: "DOCUMENT_UNREADABLE", retryable: false },
    message: expect.stringContaining('"tree.pdf" takes more than 3 s of CPU time to read'),
  });
  expect(used.reduce((sum, { computeMs = 0 }) => sum + computeMs, 0)).toBeGreaterThan(3_000);
  const good = attempt({}, [await put("good.pdf", pdf, formTreePdf(2))]);
  expect(await execute(good.context)).toMatchObject({ pages: 1 });
});

test("accepts pages up to the limit, and refuses one more", async () => {
  const limits = { pages: 5 };
  expect(await summarize(pdf, await pages(5), { limits })).toMatchObject({ pages: 5 });
  await expect(summarize(pdf, await pages(6), { limits })).rejects.toMatchObject({
    ...{ reason: "TOO_LARGE", retryable: false },
    message: expect.stringContaining("has 6 pages, and the limit is 5"),
  });
});

test.each(["text/plain", pdf])(
  "accepts characters of %s up to the limit, and refuses one more",
  async (type) => {
    const text = "The mill turns in the mornings";
    const content = (more: string) =>
      type === pdf ? makePdf((doc) => void doc.text(text + more)) : Buffer.from(text + more);
    // In a PDF, the end of a line counts too.
    const limits = { characters: text.length + (type === pdf ? 1 : 0) };
    expect(await summarize(type, await content(""), { limits })).toMatchObject({ parts: 1 });
    await expect(summarize(type, await content("."), { limits })).rejects.toMatchObject({
      ...{ reason: "TOO_LARGE", retryable: false },
      message: expect.stringContaining(`${limits.characters}`),
    });
  },
);

test("fails only the attempt of a decompression bomb, and reads the next document", async () => {
  const { put, threads, readDocument } = await openDocuments({ threads: { memoryMb: 128 } });
  const execute = summarizing({
    ...{ models: modelsOf(quotingProvider(threads)), readDocument, threads },
  });
  const bomb = await put("bomb.pdf", pdf, bombPdf(20_000));
  const good = await put("good.pdf", pdf, await makePdf(words));
  await expect(execute(attempt({}, [bomb]).context)).rejects.toMatchObject({
    ...{ reason: "DOCUMENT_UNREADABLE", retryable: false },
    message: expect.stringContaining('"bomb.pdf" takes more than 128 MB of memory'),
  });
  expect(await execute(attempt({}, [good]).context)).toMatchObject({ pages: 1 });
});

test("names a document that does not exist", async () => {
  const { threads, readDocument } = await openDocuments();
  const models = modelsOf(quotingProvider(threads));
  const execute = summarizing({ models, readDocument, threads });
  await expect(execute(attempt({}, [noDocument]).context)).rejects.toMatchObject({
    ...{ reason: "DOCUMENT_NOT_FOUND", retryable: false },
    message: `There is no document ${noDocument}.`,
  });
});
