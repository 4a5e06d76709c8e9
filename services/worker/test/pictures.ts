/** Pictures of pages of text, as scanners and cameras make them. */
import { type Canvas, createCanvas, ImageData } from "@napi-rs/canvas";
import type { GreyImage } from "../src/documents/ocr/grey-image.ts";
import { renderPage } from "../src/documents/ocr/render-page.ts";
import { makePdf } from "./setup.ts";

export const mill =
  "The mill stands at the river north of the town. The council paid for its repair from the tolls of the bridge.";
export const ferry =
  "Visitors come by the ferry that leaves the town each morning. In winter the ice stops the wheel for two weeks.";

/** Small pages, because recognition takes time for each pixel. */
export const size: [number, number] = [360, 360];
export const write = (pdf: PDFKit.PDFDocument, text: string): void =>
  void pdf.fontSize(14).text(text, 30, 100);

async function drawn(text: string): Promise<GreyImage> {
  const page = await makePdf((pdf) => write(pdf, text), { size, margin: 30 });
  return renderPage(new Uint8Array(page), 1);
}

async function canvasOf(text: string): Promise<Canvas> {
  const { grey, width, height } = await drawn(text);
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (const [index, value] of grey.entries()) {
    pixels.set([value, value, value, 255], index * 4);
  }
  const canvas = createCanvas(width, height);
  canvas.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
  return canvas;
}

export const pictureOf = async (text: string): Promise<Buffer> =>
  (await canvasOf(text)).toBuffer("image/png");

export const photographOf = async (text: string): Promise<Buffer> =>
  (await canvasOf(text)).toBuffer("image/jpeg");

/** The entries of a page's directory: its tags, each with a type of 4 bytes and its value. */
function tiffDirectory(entries: readonly (readonly [number, number])[], next: number): Buffer {
  const directory = Buffer.alloc(2 + entries.length * 12 + 4);
  directory.writeUInt16LE(entries.length, 0);
  for (const [index, [tag, value]] of entries.entries()) {
    const at = 2 + index * 12;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(4, at + 2);
    directory.writeUInt32LE(1, at + 4);
    directory.writeUInt32LE(value, at + 8);
  }
  directory.writeUInt32LE(next, directory.length - 4);
  return directory;
}

/** A TIFF file of grey images. If `turnsBack`, its last page leads to its first one. */
export function tiffOf(images: readonly GreyImage[], turnsBack = false): Buffer {
  const header = Buffer.from("49492a0008000000", "hex");
  const pieces: Uint8Array[] = [header];
  let at = header.length;
  images.forEach(({ grey, width, height }, index) => {
    const isLast = index === images.length - 1;
    const entries = (strip: number): [number, number][] =>
      [
        ...([
          [0xfe, 0],
          [0x100, width],
          [0x101, height],
          [0x102, 8],
          [0x103, 1],
        ] as const),
        ...([
          [0x106, 1],
          [0x111, strip],
          [0x115, 1],
          [0x116, height],
          [0x117, grey.length],
        ] as const),
      ].map(([tag, value]) => [tag, value]);
    const { length } = tiffDirectory(entries(0), 0);
    const end = at + length + grey.length + (grey.length % 2);
    const last = turnsBack ? header.length : 0;
    pieces.push(tiffDirectory(entries(at + length), isLast ? last : end), grey);
    if (grey.length % 2 === 1) pieces.push(Buffer.alloc(1));
    at = end;
  });
  return Buffer.concat(pieces);
}

export const faxOf = async (...texts: string[]): Promise<Buffer> =>
  tiffOf(await Promise.all(texts.map(drawn)));
