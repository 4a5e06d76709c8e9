import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createCanvas } from "@napi-rs/canvas";
import { getDocument, type PDFPageProxy, VerbosityLevel } from "pdfjs-dist/legacy/build/pdf.mjs";
import type { GreyImage } from "./grey-image.ts";
import { DOTS_PER_INCH } from "./tesseract.ts";

const POINTS_PER_INCH = 72;
/** Larger pages, such as plans, are made smaller: a pixel takes 4 bytes, and time. An A3 page fits. */
const MOST_PIXELS = 12_000_000;

const folder = dirname(createRequire(import.meta.url).resolve("pdfjs-dist/package.json"));

/** Draws a page of a PDF in shades of grey. `bytes` cannot be used afterwards. */
export async function renderPage(bytes: Uint8Array, number: number): Promise<GreyImage> {
  const task = getDocument({
    data: bytes,
    verbosity: VerbosityLevel.ERRORS,
    useSystemFonts: false,
    disableFontFace: true,
    cMapUrl: join(folder, "cmaps/"),
    cMapPacked: true,
    // What scanners use: JPEG 2000 and JBIG2 are decoded by WebAssembly.
    wasmUrl: join(folder, "wasm/"),
    standardFontDataUrl: join(folder, "standard_fonts/"),
  });
  try {
    const pdf = await task.promise;
    return await drawn(await pdf.getPage(number));
  } finally {
    await task.destroy();
  }
}

type RenderContext = NonNullable<Parameters<PDFPageProxy["render"]>[0]["canvasContext"]>;

async function drawn(page: PDFPageProxy): Promise<GreyImage> {
  const size = page.getViewport({ scale: 1 });
  const wanted = DOTS_PER_INCH / POINTS_PER_INCH;
  const scale = Math.min(wanted, Math.sqrt(MOST_PIXELS / (size.width * size.height)));
  const viewport = page.getViewport({ scale });
  const width = Math.max(1, Math.floor(viewport.width));
  const height = Math.max(1, Math.floor(viewport.height));
  const canvas = createCanvas(width, height);
  // The library's types name the canvas of browsers, which this one is like.
  const canvasContext = canvas.getContext("2d") as unknown as RenderContext;
  await page.render({ canvas: null, canvasContext, viewport, background: "white" }).promise;
  return greyOf(canvas.getContext("2d").getImageData(0, 0, width, height).data, width, height);
}

/** Takes the grey of pixels in red, green, blue and alpha. */
function greyOf(pixels: Uint8ClampedArray, width: number, height: number): GreyImage {
  const grey = new Uint8Array(width * height);
  for (let from = 0, to = 0; to < grey.length; from += 4, to += 1) {
    const [red = 0, green = 0, blue = 0] = [pixels[from], pixels[from + 1], pixels[from + 2]];
    grey[to] = (red * 77 + green * 150 + blue * 29) >> 8;
  }
  return { grey, width, height };
}
