import { type Line, linePitch } from "./page-lines.ts";

/** A gap of more than this many line pitches separates paragraphs. */
const paragraphGap = 1.4;
/** A line that ends before this part of the text's width was ended on purpose. */
const fullLine = 0.75;
/**
 * A line that begins so many sizes further in than the block begins a paragraph, if the line before ends a sentence.
 */
const indent = 0.8;

const sentenceEnd = /[.!?…:;。！？：；؟۔]["”’»')\]」』）]*$/;
const bullet = /^[•▪◦‣·–*-]\s/;
const wordBreak = /\p{L}[-‐]$/u;
const goesOn = /^\p{Ll}/u;
/** What follows the hyphen of a compound, which stays: a capital or a number. */
const compound = /^[\p{Lu}\p{N}]/u;
const hasCase = /\p{Ll}|\p{Lu}/u;
const idealographs = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\u3000-\u303f\uff00-\uff60]/u;

/** Dots that lead the eye, or that one writes on. Their number says nothing. */
const leaders = /(?:[.…] ?){5,}(?<! )/g;

interface Measures {
  /** The usual distance from one line to the next. */
  readonly pitch: number;
  readonly start: number;
  /** Where full lines end. */
  readonly end: number;
}

const measuresOf = (block: readonly Line[]): Measures => ({
  pitch: linePitch(block),
  start: block.reduce((least, { start }) => Math.min(least, start), Infinity),
  end: block.reduce((most, { end }) => Math.max(most, end), -Infinity),
});

const isFull = ({ end }: Line, measures: Measures) =>
  end - measures.start >= (measures.end - measures.start) * fullLine;

/** Whether a line continues the paragraph of the line before it in the same block. */
function joins(before: Line, line: Line, measures: Measures): boolean {
  if (bullet.test(line.text)) return false;
  const open = !sentenceEnd.test(before.text) && goesOn.test(line.text);
  if (before.y - line.y > measures.pitch * paragraphGap) return false;
  if (Math.abs(before.height - line.height) > 1) return open;
  if (before.hasCells || line.hasCells) return open;
  const isIndented =
    line.start - measures.start > indent * line.height && line.start > before.start;
  if (isIndented && sentenceEnd.test(before.text)) return false;
  return open || isFull(before, measures);
}

/**
 * Whether a block continues the paragraph that the block before it ends with: in the next column, or on the next page.
 */
function continues(before: Line, of: Measures, line: Line): boolean {
  if (bullet.test(line.text) || sentenceEnd.test(before.text)) return false;
  if (goesOn.test(line.text)) return true;
  if (hasCase.test(line.text.charAt(0)) && !/\p{L}/u.test(line.text)) return false;
  const isAlike = Math.abs(before.height - line.height) < 0.6;
  return isAlike && of.pitch > 0 && isFull(before, of) && !before.hasCells && !line.hasCells;
}

/** Whether no space separates two lines of a paragraph: Chinese and Japanese have none. */
const isSeamless = (before: string, line: string) =>
  idealographs.test(before.at(-1) ?? "") && idealographs.test(line.charAt(0));

/** Whether no space separates two lines of a paragraph because a compound is broken at its hyphen. */
const isCompound = (before: string, line: string) => wordBreak.test(before) && compound.test(line);

/** A line as it is read: without leading dots. */
const tidy = (text: string) => text.replace(leaders, "…");

/**
 * Makes text from the blocks of each page, in the order of reading. It joins the lines of a paragraph, also across blocks and
 * pages, and the two parts of a hyphenated word. Empty lines separate paragraphs. `pageStarts` has where the text of each
 * page begins.
 */
export function flowPages(pages: readonly (readonly (readonly Line[])[])[]): {
  readonly text: string;
  readonly pageStarts: readonly number[];
} {
  let text = "";
  const pageStarts: number[] = [];
  let before: Line | undefined;
  let last: Measures | undefined;
  for (const blocks of pages) {
    pageStarts.push(text.length);
    for (const block of blocks) {
      const measures = measuresOf(block);
      for (const [index, line] of block.entries()) {
        if (before === undefined || last === undefined) text += tidy(line.text);
        else if (wordBreak.test(before.text) && goesOn.test(line.text)) {
          text = text.replace(/[-‐]$/, "") + tidy(line.text);
        } else if (index > 0 ? joins(before, line, measures) : continues(before, last, line)) {
          const isOne = isSeamless(before.text, line.text) || isCompound(before.text, line.text);
          text += (isOne ? "" : " ") + tidy(line.text);
        } else text += `\n\n${tidy(line.text)}`;
        before = line;
        last = measures;
      }
    }
  }
  return { text, pageStarts };
}
