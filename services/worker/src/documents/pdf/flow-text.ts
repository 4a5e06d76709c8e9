import { type Line, linePitch } from "./page-lines.ts";

/** A gap of more than this many line pitches separates paragraphs. */
const paragraphGap = 1.4;
/** A line that ends before this part of the text's width was ended on purpose. */
const fullLine = 0.75;

const sentenceEnd = /[.!?…:;]["”’')\]]*$/;
const bullet = /^[•▪◦‣·–*-]\s/;
const wordBreak = /\p{L}-$/u;
const goesOn = /^\p{Ll}/u;

interface Measures {
  /** The usual distance from one line to the next. */
  readonly pitch: number;
  /** Where full lines end. */
  readonly right: number;
}

const measuresOf = (page: readonly Line[]): Measures => ({
  pitch: linePitch(page),
  right: page.reduce((most, { right }) => Math.max(most, right), 0),
});

/** Whether a line continues the paragraph of the line before it. `measures` is undefined across pages and columns. */
function joins(before: Line, line: Line, measures: Measures | undefined): boolean {
  if (bullet.test(line.text)) return false;
  const open = !sentenceEnd.test(before.text) && goesOn.test(line.text);
  if (measures === undefined) return open;
  if (before.y - line.y > measures.pitch * paragraphGap) return false;
  if (Math.abs(before.height - line.height) > 1) return open;
  return open || before.right >= measures.right * fullLine;
}

/**
 * Makes text from the lines of a document's pages. It joins the lines of a paragraph, also across pages, and the two parts
 * of a hyphenated word. Empty lines separate paragraphs.
 */
export function flowText(pages: readonly (readonly Line[])[]): string {
  const pieces: string[] = [];
  let before: Line | undefined;
  for (const page of pages) {
    const measures = measuresOf(page);
    for (const [index, line] of page.entries()) {
      const isSameColumn = index > 0 && before !== undefined && before.y >= line.y;
      if (before === undefined) pieces.push(line.text);
      else if (wordBreak.test(before.text) && goesOn.test(line.text)) {
        pieces.push(pieces.pop()?.replace(/-$/, "") ?? "", line.text);
      } else if (joins(before, line, isSameColumn ? measures : undefined))
        pieces.push(" ", line.text);
      else pieces.push("\n\n", line.text);
      before = line;
    }
  }
  return pieces.join("");
}
