import { type Line, linePitch } from "./page-lines.ts";

/** A gap of so many usual ones sets paragraphs apart. */
const paragraphGap = 1.4;
/** A line that ends before this part of the text's width was ended on purpose. */
const fullLine = 0.75;

const sentenceEnd = /[.!?…:;]["”’')\]]*$/;
const bullet = /^[•▪◦‣·–*-]\s/;
const wordBreak = /\p{L}-$/u;
const goesOn = /^\p{Ll}/u;

interface Measures {
  /** From one line to the next. */
  readonly pitch: number;
  /** Where full lines end. */
  readonly right: number;
}

const measuresOf = (page: readonly Line[]): Measures => ({
  pitch: linePitch(page),
  right: page.reduce((most, { right }) => Math.max(most, right), 0),
});

/** How a line follows the one before it on its page; `undefined` across pages and columns. */
function joins(before: Line, line: Line, measures: Measures | undefined): boolean {
  if (bullet.test(line.text)) return false;
  const open = !sentenceEnd.test(before.text) && goesOn.test(line.text);
  if (measures === undefined) return open;
  if (before.y - line.y > measures.pitch * paragraphGap) return false;
  if (Math.abs(before.height - line.height) > 1) return open;
  return open || before.right >= measures.right * fullLine;
}

/**
 * Text from the lines of a document's pages. Lines of one paragraph are joined, also over a page's
 * end; a word that was cut at a line's end is whole again. Paragraphs are set apart by empty lines.
 */
export function flowText(pages: readonly (readonly Line[])[]): string {
  const pieces: string[] = [];
  let before: Line | undefined;
  for (const page of pages) {
    const measures = measuresOf(page);
    for (const [at, line] of page.entries()) {
      const beside = at > 0 && before !== undefined && before.y >= line.y;
      if (before === undefined) pieces.push(line.text);
      else if (wordBreak.test(before.text) && goesOn.test(line.text)) {
        pieces.push(pieces.pop()?.replace(/-$/, "") ?? "", line.text);
      } else if (joins(before, line, beside ? measures : undefined)) pieces.push(" ", line.text);
      else pieces.push("\n\n", line.text);
      before = line;
    }
  }
  return pieces.join("");
}
