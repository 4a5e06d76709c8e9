import { contentTypes, type DocumentContentType } from "@millrace/documents";
import { imageSize } from "image-size";
import type { DocumentLimits, DocumentReading, RecognisedPages } from "../document-reading.ts";
import { flowPages } from "../pdf/flow-text.ts";
import { pageWarning } from "../pdf/page-warnings.ts";
import { recognisedBlocks } from "../pdf/recognised-blocks.ts";
import { refused } from "../pdf/refused.ts";
import { tiffPages } from "./tiff-pages.ts";

/** A page of A4 at 600 dots per inch has 35 million pixels. Text recognition takes up to 9 bytes for each. */
const MOST_PIXELS = 50_000_000;

interface ImageOptions {
  readonly limits: DocumentLimits;
  readonly recognised?: RecognisedPages | undefined;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The sizes of an image's pages, one more than the limit at most. Throws if it is damaged. */
function sizesOf(type: DocumentContentType, bytes: Uint8Array, limits: DocumentLimits): Size[] {
  if (type === contentTypes.tiff) return tiffPages(bytes, limits.pages + 1);
  return [imageSize(bytes)];
}

/**
 * Reads an image: the text that was recognised on it, if any. Without it the reading names all of its pages, so that text
 * recognition may read them.
 */
export function readImage(
  name: string,
  type: DocumentContentType,
  bytes: Uint8Array,
  { limits, recognised }: ImageOptions,
): DocumentReading {
  const damaged = `${name} is damaged: it cannot be read as ${type}. Save or export it again and submit it again.`;
  let sizes: Size[];
  try {
    sizes = sizesOf(type, bytes, limits);
  } catch {
    return refused("DOCUMENT_UNREADABLE", damaged);
  }
  if (sizes.length === 0) return refused("DOCUMENT_UNREADABLE", damaged);
  if (sizes.length > limits.pages) {
    const message = `${name} has more than the limit of ${limits.pages} pages: split it into several documents.`;
    return refused("TOO_LARGE", message);
  }
  const large = sizes.findIndex(({ width, height }) => width * height > MOST_PIXELS);
  if (large >= 0) {
    const { width = 0, height = 0 } = sizes[large] ?? {};
    const message = `${name} has ${width} × ${height} pixels on page ${large + 1}, and the limit is ${MOST_PIXELS / 1_000_000} million: make it smaller.`;
    return refused("TOO_LARGE", message);
  }
  const numbers = sizes.map((_, index) => index + 1);
  if (recognised === undefined) {
    const message = `${name} is an image, which holds no text by itself: run text recognition over it first.`;
    return { ...refused("DOCUMENT_NO_TEXT", message), withoutText: numbers };
  }
  return textOf(name, numbers, limits, recognised);
}

function textOf(
  name: string,
  numbers: readonly number[],
  limits: DocumentLimits,
  recognised: RecognisedPages,
): DocumentReading {
  const found = numbers.map((number) => recognised.get(number) ?? "");
  const characters = found.reduce((sum, page) => sum + page.length, 0);
  if (characters > limits.characters) {
    const message = `${name} holds more than the limit of ${limits.characters} characters of text: split it into several documents.`;
    return refused("TOO_LARGE", message);
  }
  if (characters === 0) {
    const message = `${name} is an image in which text recognition finds no words: submit a sharper picture as PNG or JPEG. Its language must be one of those that the worker recognises (MILLRACE_OCR_LANGUAGES).`;
    return refused("DOCUMENT_NO_TEXT", message);
  }
  const { text, pageStarts } = flowPages(
    found.map((text) => ({ blocks: recognisedBlocks(text), asides: [] })),
  );
  const empty = numbers.filter((number) => !recognised.has(number));
  const warnings = pageWarning(
    empty,
    "has no text that was recognised",
    "have no text that was recognised",
  );
  const reading = { kind: "text" as const, text, pages: numbers.length, pageStarts };
  return warnings.length === 0 ? reading : { ...reading, warnings };
}
