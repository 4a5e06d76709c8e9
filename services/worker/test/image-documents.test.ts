/** Tests images that are documents by themselves, with text recognition on and off. */
import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { faxOf, ferry, mill, photographOf, pictureOf, tiffOf } from "./pictures.ts";
import { readBytes } from "./read-document.ts";
import { keyId, openDocuments } from "./setup.ts";

type Change = Parameters<typeof openDocuments>[0];

/** Reads an image as a job does. */
async function read(change: Change, contentType: string, content: Uint8Array) {
  const { put, readDocument } = await openDocuments(change);
  const id = await put("scan", contentType, content);
  const progress: string[] = [];
  const reading = await readDocument(id, keyId, {
    signal: new AbortController().signal,
    onProgress: (done, total) => void progress.push(`${done}/${total}`),
  });
  return { ...reading, text: reading.text.replace(/\s+/g, " "), progress };
}

test.each([
  ["PNG", "image/png", pictureOf],
  ["JPEG", "image/jpeg", photographOf],
  ["TIFF", "image/tiff", faxOf],
] as const)("reads a %s image by text recognition, and says so", async (_, type, make) => {
  const { text, pages, warnings } = await read({ ocr: {} }, type, await make(mill));
  expect(text).toBe(mill);
  expect(pages).toBe(1);
  expect(warnings).toEqual(["1 page was read by text recognition (eng), which makes mistakes."]);
});

test("reads all pages of a TIFF file, one after another", async () => {
  const { text, pages, progress } = await read({ ocr: {} }, "image/tiff", await faxOf(mill, ferry));
  expect(text).toBe(`${mill} ${ferry}`);
  expect(pages).toBe(2);
  expect(progress).toEqual(["1/2", "2/2"]);
});

test("names the pages of an image that have no text", async () => {
  const { text, warnings } = await read({ ocr: {} }, "image/tiff", await faxOf(mill, ""));
  expect(text).toBe(mill);
  expect(warnings).toContain("Page 2 has no text that was recognised.");
});

test("refuses an image without text recognition, and names the setting", async () => {
  await expect(read({}, "image/png", await pictureOf(mill))).rejects.toMatchObject({
    ...{ reason: "DOCUMENT_NO_TEXT", message: expect.stringContaining("MILLRACE_OCR") },
  });
});

test("refuses an image without words, and says what to do", async () => {
  await expect(read({ ocr: {} }, "image/png", await pictureOf(""))).rejects.toMatchObject({
    ...{ reason: "DOCUMENT_NO_TEXT", message: expect.stringContaining("sharper picture") },
  });
});

/** The head of a PNG file, which tells its size. */
function pngHead(width: number, height: number): Buffer {
  const chunk = Buffer.alloc(17);
  chunk.write("IHDR");
  chunk.writeUInt32BE(width, 4);
  chunk.writeUInt32BE(height, 8);
  chunk.writeUInt8(8, 12);
  const ends = Buffer.alloc(4);
  ends.writeUInt32BE(crc32(chunk));
  return Buffer.concat([Buffer.from("89504e470d0a1a0a0000000d", "hex"), chunk, ends]);
}

const WIDTH = 0x100;

/** The directory of a TIFF page, which tells its size, and an entry more: its tag, its type and its value. */
function tiffHead(width: number, height: number, more?: readonly [number, number, number]): Buffer {
  const entries = [[WIDTH, 4, width], [0x101, 4, height], ...(more === undefined ? [] : [more])];
  const present = entries.filter(([, , value]) => value !== 0);
  const directory = present.map(([tag = 0, type = 0, value = 0]) => {
    const entry = Buffer.alloc(12);
    entry.writeUInt16LE(tag, 0);
    entry.writeUInt16LE(type, 2);
    entry.writeUInt32LE(1, 4);
    entry.writeUInt32LE(value, 8);
    return entry;
  });
  const count = Buffer.from([present.length, 0]);
  const header = Buffer.from("49492a0008000000", "hex");
  return Buffer.concat([header, count, ...directory, Buffer.alloc(4)]);
}

const pixel = { grey: Uint8Array.of(0), width: 1, height: 1 };
const twoPages = tiffOf([pixel, pixel]);

const [png, jpeg, tiff] = ["image/png", "image/jpeg", "image/tiff"] as const;

test.each([
  ["a PNG", "image/png", async () => (await pictureOf(mill)).subarray(0, 2_000)],
  ["a JPEG", "image/jpeg", async () => (await photographOf(mill)).subarray(0, 2_000)],
  ["a TIFF", "image/tiff", async () => Buffer.concat([tiffHead(300, 300), Buffer.alloc(64)])],
])(
  "leaves a page out that the recognition cannot read: %s that is damaged",
  async (_, type, content) => {
    await expect(read({ ocr: {} }, type, await content())).rejects.toMatchObject({
      ...{ reason: "DOCUMENT_NO_TEXT", message: expect.stringContaining("sharper picture") },
    });
  },
);

test.each<[string, string, string, Uint8Array, number]>([
  ["DOCUMENT_NO_TEXT", "50 million pixels", png, pngHead(10_000, 5_000), 100],
  ["TOO_LARGE", "more than 50 million pixels", png, pngHead(10_000, 5_001), 100],
  ["DOCUMENT_NO_TEXT", "as many pages as may be", tiff, twoPages, 2],
  ["TOO_LARGE", "more pages than may be", tiff, twoPages, 1],
  ["DOCUMENT_NO_TEXT", "pages that lead in a circle", tiff, tiffOf([pixel, pixel], true), 2],
  ["DOCUMENT_NO_TEXT", "50 million pixels in a TIFF", tiff, tiffHead(10_000, 5_000), 100],
  ["TOO_LARGE", "more than 50 million pixels in a TIFF", tiff, tiffHead(10_000, 5_001), 100],
  ["DOCUMENT_UNREADABLE", "no width", tiff, tiffHead(0, 5_000), 100],
  ["DOCUMENT_UNREADABLE", "two widths", tiff, tiffHead(40_000, 40_000, [WIDTH, 4, 1]), 100],
  ["DOCUMENT_UNREADABLE", "a width elsewhere", tiff, tiffHead(0, 1, [WIDTH, 16, 1]), 100],
  ["DOCUMENT_UNREADABLE", "no end", tiff, twoPages.subarray(0, 60), 100],
  ["DOCUMENT_UNREADABLE", "no size", jpeg, Buffer.from("ffd8ffe000104a46494600", "hex"), 100],
])("refuses as %s an image that has %s", async (reason, _, contentType, bytes, pages) => {
  const reading = await readBytes(bytes, { contentType, pages });
  expect(reading).toMatchObject({ kind: "refused", reason });
});
