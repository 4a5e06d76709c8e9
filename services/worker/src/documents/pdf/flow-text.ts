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

/** The lines of a page, in the order of reading. */
export interface PageLines {
  readonly blocks: readonly (readonly Line[])[];
  /** What is not a part of the text: stamps in the margin, and other lines that are turned. */
  readonly asides: readonly (readonly Line[])[];
}

/** A text as far as it is made, with its last line. */
interface Flow {
  readonly text: string;
  readonly before?: Line;
  readonly measures?: Measures;
}

/** Whether a line goes on with the paragraph that a text ends with. */
function isOneParagraph(flow: Flow, line: Line, index: number, measures: Measures): boolean {
  const { before, measures: last } = flow;
  if (before === undefined || last === undefined) return true;
  if (wordBreak.test(before.text) && goesOn.test(line.text)) return true;
  return index > 0 ? joins(before, line, measures) : continues(before, last, line);
}

/** Appends a line to the paragraph that a text ends with, without the hyphen of a word that the end of a line breaks. */
function appended(text: string, before: Line | undefined, line: Line): string {
  if (before === undefined) return text + tidy(line.text);
  if (wordBreak.test(before.text) && goesOn.test(line.text)) {
    return text.replace(/[-‐]$/, "") + tidy(line.text);
  }
  const isOne = isSeamless(before.text, line.text) || isCompound(before.text, line.text);
  return text + (isOne ? "" : " ") + tidy(line.text);
}

/** Appends a block to a text. `atBreak` makes what the text has before the first new paragraph. */
function withBlock(flow: Flow, block: readonly Line[], atBreak: (text: string) => string): Flow {
  const measures = measuresOf(block);
  let next = flow;
  for (const [index, line] of block.entries()) {
    const text = isOneParagraph(next, line, index, measures)
      ? appended(next.text, next.before, line)
      : `${atBreak(next.text)}\n\n${tidy(line.text)}`;
    next = { text, before: line, measures };
  }
  return next;
}

const asIs = (text: string) => text;

/**
 * Makes text from the blocks of each page, in the order of reading. It joins the lines of a paragraph, also across blocks and
 * pages, and the two parts of a hyphenated word. Empty lines separate paragraphs. The asides of a page follow the
 * paragraph that the page ends with, although that may end on a later page. `pageStarts` has where the text of each page
 * begins.
 */
export function flowPages(pages: readonly PageLines[]): {
  readonly text: string;
  readonly pageStarts: readonly number[];
} {
  const pageStarts: number[] = [];
  let flow: Flow = { text: "" };
  let waiting: (readonly Line[])[] = [];
  let waitingFrom = 0;
  const withAsides = (text: string) => {
    if (waiting.length === 0) return text;
    const aside = waiting.reduce<Flow>((made, block) => withBlock(made, block, asIs), { text: "" });
    const longer = `${text}\n\n${aside.text}`;
    // Pages that begin here begin after the asides of pages before them.
    pageStarts.forEach((start, page) => {
      if (page > waitingFrom && start === text.length) pageStarts[page] = longer.length;
    });
    waiting = [];
    return longer;
  };
  for (const [page, { blocks, asides }] of pages.entries()) {
    pageStarts.push(flow.text.length);
    for (const block of blocks) flow = withBlock(flow, block, withAsides);
    if (asides.length === 0) continue;
    if (flow.before === undefined) {
      for (const block of asides) flow = withBlock(flow, block, asIs);
    } else {
      waiting.push(...asides);
      waitingFrom = page;
    }
  }
  return { text: withAsides(flow.text), pageStarts };
}
