export interface RecognisePageInput {
  /** The whole PDF, shared between the pages' tasks so that it is not copied for each. */
  readonly pdf: SharedArrayBuffer;
  /** From 1. */
  readonly page: number;
  readonly languages: readonly string[];
}

/** With less confidence than this, a page may stand on its side or on its head. */
const CERTAIN = 70;
/** Text with less confidence than this has more wrong words than right ones. */
const LEAST_CONFIDENCE = 50;
const QUARTERS = 4;
/** Circles and lines of a drawing are read as letters that stand alone. Some of a table's cells are such letters too. */
const LONE_SHARE = 0.6;
const EAST_ASIAN = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

function isOfWords(text: string): boolean {
  if (EAST_ASIAN.test(text)) return true;
  const words = text.split(/\s+/).map((word) => word.replace(/[^\p{L}\p{N}]/gu, ""));
  const lone = words.filter((word) => word.length < 2).length;
  return lone <= words.length * LONE_SHARE;
}

/**
 * Reads the text of a page by how it looks, whichever side is up. Empty lines separate paragraphs. Empty if the page
 * cannot be drawn, or has no text that can be told. Call it only in threads: it computes for seconds.
 */
export async function recognisePage({ pdf, page, languages }: RecognisePageInput): Promise<string> {
  const { renderPage } = await import("./render-page.ts");
  const { pgmOf, turned } = await import("./grey-image.ts");
  const { recognise } = await import("./tesseract.ts");
  // The PDF library transfers what it gets, which shared memory cannot be.
  let image = await renderPage(new Uint8Array(pdf).slice(), page).catch(() => undefined);
  if (image === undefined) return "";
  let best = await recognise(pgmOf(image), languages);
  for (let turn = 1; turn < QUARTERS && best.text !== "" && best.confidence < CERTAIN; turn += 1) {
    image = turned(image);
    const found = await recognise(pgmOf(image), languages);
    if (found.confidence > best.confidence) best = found;
  }
  return best.confidence >= LEAST_CONFIDENCE && isOfWords(best.text) ? best.text : "";
}
