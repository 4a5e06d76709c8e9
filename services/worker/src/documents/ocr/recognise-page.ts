import { ContentCheck } from "@millrace/documents";
import { isTiff, putFirst, tiffPages } from "../image/tiff-pages.ts";
import type { RecognisedText, Turn } from "./tesseract.ts";

export interface RecognisePageInput {
  /** The whole PDF or image, shared between the pages' tasks so that it is not copied for each. */
  readonly content: SharedArrayBuffer;
  /** From 1. */
  readonly page: number;
  readonly languages: readonly string[];
}

/** With less confidence than this, a page may stand on its side or on its head. */
const CERTAIN = 70;
/** Text with less confidence than this has more wrong words than right ones. */
const LEAST_CONFIDENCE = 50;
const turns: readonly Turn[] = ["upright", "quarter", "half", "threeQuarters"];
/** Circles and lines of a drawing are read as letters that stand alone. Some of a table's cells are such letters too. */
const LONE_SHARE = 0.6;
const EAST_ASIAN = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

function isOfWords(text: string): boolean {
  if (EAST_ASIAN.test(text)) return true;
  const words = text.split(/\s+/).map((word) => word.replace(/[^\p{L}\p{N}]/gu, ""));
  const lone = words.filter((word) => word.length < 2).length;
  return lone <= words.length * LONE_SHARE;
}

/** The page as a file of one image. Undefined if the page cannot be drawn. */
async function imageOf(content: Uint8Array, page: number): Promise<Uint8Array | undefined> {
  const check = new ContentCheck();
  check.add(content);
  if (check.finish() !== "image") {
    const { renderPage } = await import("./render-page.ts");
    const { pgmOf } = await import("./grey-image.ts");
    return pgmOf(await renderPage(content, page));
  }
  if (!isTiff(content)) return content;
  const wanted = tiffPages(content, page).at(page - 1);
  if (wanted === undefined) return undefined;
  putFirst(content, wanted);
  return content;
}

/**
 * Reads the text of a page by how it looks, whichever side is up. Empty lines separate paragraphs. Empty if the page
 * cannot be drawn, or has no text that can be told. Call it only in threads: it computes for seconds.
 */
export async function recognisePage({
  content,
  page,
  languages,
}: RecognisePageInput): Promise<string> {
  const { recognise } = await import("./tesseract.ts");
  // Libraries transfer or change what they get, which shared memory must not be.
  const image = await imageOf(new Uint8Array(content).slice(), page).catch(() => undefined);
  if (image === undefined) return "";
  let best: RecognisedText = { text: "", confidence: 0 };
  for (const turn of turns) {
    const found = await recognise(image, languages, turn);
    if (found.text === "" && turn === "upright") return "";
    if (found.confidence > best.confidence) best = found;
    if (best.confidence >= CERTAIN) break;
  }
  return best.confidence >= LEAST_CONFIDENCE && isOfWords(best.text) ? best.text : "";
}
