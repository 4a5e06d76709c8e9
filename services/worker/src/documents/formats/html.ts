import { Readability } from "@mozilla/readability";
import { decode } from "./decode.ts";
import type { Reading } from "./format.ts";
import { addHtml } from "./html-text.ts";
import { TextParts } from "./text-parts.ts";

/** Pages name their encoding in the first KiB, as browsers demand. Some need more, because of long scripts. */
const PROLOGUE_BYTES = 4_096;
/** If the main text is a smaller share of a page than this, then it was not found: the page may be a list or a form. */
const LEAST_SHARE = 0.4;
/** Larger pages are read whole: finding their main text takes seconds for each MB. */
const MOST_CHARACTERS = 1_000_000;

/** The encoding that a page or an XML file names. */
export function namedEncodingOf(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.subarray(0, PROLOGUE_BYTES)).toString("latin1");
  const found =
    /<meta[^>]{1,500}?charset\s*=\s*["']?\s*([\w:.-]+)/i.exec(start) ??
    /^\s*<\?xml[^>]{1,200}?encoding\s*=\s*["']([\w:.-]+)/i.exec(start);
  return found?.[1];
}

const textOf = (html: string, reading: Reading) => {
  const parts = new TextParts(reading.parts.check);
  addHtml(html, parts);
  return parts.text;
};

/** Finds the main text of a page. Undefined if it has none, or is too large or too strange. */
async function articleOf(html: string) {
  if (html.length > MOST_CHARACTERS) return undefined;
  // The library is large, and only pages need it.
  const { parseHTML } = await import("linkedom");
  try {
    const { document } = parseHTML(html);
    return new Readability(document).parse() ?? undefined;
  } catch {
    // The whole page is read instead. What is wrong with its tree does not matter then.
    return undefined;
  }
}

/** Reads the main text of a page: without navigation, margins and scripts. */
export async function readHtml(bytes: Uint8Array, reading: Reading): Promise<void> {
  const html = decode(bytes, reading, namedEncodingOf(bytes));
  const whole = textOf(html, reading);
  const article = await articleOf(html);
  const main = textOf(article?.content ?? "", reading);
  const isMain = main.length >= whole.length * LEAST_SHARE;
  const title = article?.title?.trim() ?? "";
  const text = isMain ? main : whole;
  if (title !== "" && text.split("\n", 1)[0] !== title) reading.parts.paragraph(title);
  reading.parts.paragraph(text);
}
