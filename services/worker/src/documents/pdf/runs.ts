import { areMostlyToTheLeft, inReadingOrder, runToTheLeft } from "./direction.ts";
import type { Piece } from "./pieces.ts";

/** Pieces of one line with no wide gap between them: a line of a column, or a cell of a table. */
export interface Run {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  /** The height of the baseline. */
  readonly y: number;
  /** The size of most of its text. */
  readonly size: number;
  readonly isRightToLeft: boolean;
  /** Whether most text of its page runs to the left. */
  readonly isInPageToTheLeft: boolean;
  /** The place of its first piece in the file. */
  readonly order: number;
}

/** All measures are in parts of the font's size. */
const wordGap = 0.1;
/** A gap that may be the gap between two columns. */
const runGap = 0.7;
/** Pieces overlap so far only if they are not meant to be one word. */
const overlapGap = -0.5;
/** Baselines of one line differ by at most this part of the smaller size. */
const baselineShift = 0.62;
/** An index is raised or lowered by at most this part of the text's size, and is as wide as a few characters. */
const indexShift = 0.5;
const indexWidth = 3;
/** Baselines that differ by more are not of the same line if text overlaps by more than this. */
const sameBaseline = 0.25;
const overlapWidth = 0.3;
/** An index is smaller than this part of the text. */
const smallSize = 0.8;
/** Text of the same size that is raised so far is another word. */
const raisedWord = 0.3;

const alikeSizes = (a: number, b: number) => Math.min(a, b) / Math.max(a, b) > 0.9;

interface Part {
  readonly left: number;
  readonly right: number;
  readonly y: number;
  readonly size: number;
}

const widthOf = ({ left, right }: Part) => right - left;

/** Whether one part is an index of the other: smaller, and short. */
function isIndex(a: Part, b: Part): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  return small.size < smallSize * large.size && widthOf(small) < indexWidth * large.size;
}

/** Whether the baselines of two parts are near enough for one line. */
function fits(a: Part, b: Part): boolean {
  const shift = isIndex(a, b)
    ? indexShift * Math.max(a.size, b.size)
    : baselineShift * Math.min(a.size, b.size);
  return Math.abs(a.y - b.y) <= shift;
}

/** Whether two parts stand over each other, so that they are of two lines. An index may stand over another. */
function standsOver(a: Part, b: Part): boolean {
  const size = Math.min(a.size, b.size);
  const overlap = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  return (
    overlap > Math.max(overlapWidth * size, Math.min(widthOf(a), widthOf(b)) / 2) &&
    Math.abs(a.y - b.y) > sameBaseline * size &&
    !isIndex(a, b)
  );
}

interface Row<Of> {
  readonly parts: Of[];
  /** The part of the largest text. A raised index may be the first part of its row. */
  main: Of;
  readonly top: number;
  leastSize: number;
}

function fitsInto<Of extends Part>(row: Row<Of>, part: Of): boolean {
  if (!fits(row.main, part)) return false;
  const size = Math.min(row.leastSize, part.size);
  // On one baseline nothing stands over another part. A row may have very many parts.
  if (row.top - part.y <= sameBaseline * size) return true;
  return !row.parts.some((other) => standsOver(other, part));
}

/** Sorts pieces, or runs, into rows from the top of the page to its bottom. */
export function rowsOf<Of extends Part>(parts: readonly Of[]): Of[][] {
  const rows: Row<Of>[] = [];
  for (const part of parts.toSorted((a, b) => b.y - a.y)) {
    const row = rows.at(-1);
    if (row === undefined || !fitsInto(row, part)) {
      rows.push({ parts: [part], main: part, top: part.y, leastSize: part.size });
    } else {
      row.parts.push(part);
      row.leastSize = Math.min(row.leastSize, part.size);
      if (part.size > row.main.size * 1.1) row.main = part;
    }
  }
  return rows.map((row) => row.parts);
}

const spacingAccents: Readonly<Record<string, string>> = {
  ...{ "´": "\u0301", "`": "\u0300", "¨": "\u0308", "^": "\u0302", ˆ: "\u0302", "˜": "\u0303" },
  ...{ ˇ: "\u030c", "¸": "\u0327", "˚": "\u030a", "˘": "\u0306", "˙": "\u0307", "¯": "\u0304" },
  ...{ "˝": "\u030b", "˛": "\u0328" },
};

/** Joins two pieces of a line. An accent that is drawn over a letter becomes part of the letter. */
function joined(before: string, after: string, gap: number, isSpace: boolean): string {
  const accent = spacingAccents[before.at(-1) ?? ""];
  if (accent !== undefined && gap < -0.1 && /^\p{L}/u.test(after)) {
    const letter = after.charAt(0) === "ı" ? "i" : after.charAt(0);
    return before.slice(0, -1) + (letter + accent).normalize("NFC") + after.slice(1);
  }
  const over = spacingAccents[after.charAt(0)];
  if (over !== undefined && gap < -0.1 && /\p{L}$/u.test(before)) {
    return before.slice(0, -1) + (before.slice(-1) + over).normalize("NFC") + after.slice(1);
  }
  const isApart = /\s$/.test(before) || /^\s/.test(after);
  return before + (isSpace && !isApart ? " " : "") + after;
}

const idealograph = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\u3000-\u303f\uff00-\uff60]/u;
const isIdealograph = (character: string | undefined) =>
  character !== undefined && idealograph.test(character);

const isLatinEnd = /\p{sc=Latin}$/u;

/** Whether a gap between two pieces is a space between words. Chinese and Japanese have none. */
function isSpace(before: Piece, after: Piece, gap: number, size: number): boolean {
  if (isIdealograph(before.text.at(-1)) && isIdealograph(after.text.at(0))) return false;
  if (gap > wordGap || gap < overlapGap) return true;
  // Prefixes of Arabic and Hebrew stand before Latin words, but nothing is written after them without a space.
  if (!before.isRightToLeft && after.isRightToLeft && isLatinEnd.test(before.text)) return true;
  if (after.isSpaced && after.order > before.order && gap > -wordGap) return true;
  return alikeSizes(before.size, after.size) && Math.abs(before.y - after.y) > raisedWord * size;
}

/** Makes a run of pieces, which are sorted from left to right. */
function runOf(pieces: readonly Piece[], isInPageToTheLeft: boolean): Run {
  const toTheLeft =
    pieces.some(({ isRightToLeft }) => isRightToLeft) &&
    runToTheLeft(
      pieces.map(({ text }) => text),
      isInPageToTheLeft,
    );
  const sorted = inReadingOrder(pieces, toTheLeft);
  let text = "";
  let before: Piece | undefined;
  let main: Piece | undefined;
  for (const piece of sorted) {
    const size = Math.max(piece.size, before?.size ?? 0);
    if (before === undefined) text = piece.text;
    else {
      const [first, next] = before.left <= piece.left ? [before, piece] : [piece, before];
      const gap = (next.left - first.right) / size;
      text = joined(text, piece.text, gap, isSpace(before, piece, gap, size));
    }
    before = piece;
    if (main === undefined || piece.text.length * piece.size > main.text.length * main.size) {
      main = piece;
    }
  }
  return {
    text: text.replace(/\s+/g, " ").trim(),
    left: pieces[0]?.left ?? 0,
    right: pieces.reduce((most, { right }) => Math.max(most, right), -Infinity),
    y: main?.y ?? 0,
    size: main?.size ?? 0,
    isRightToLeft: toTheLeft,
    isInPageToTheLeft,
    order: pieces.reduce((least, { order }) => Math.min(least, order), Infinity),
  };
}

/** Joins the pieces of a page into runs. */
export function runsOf(pieces: readonly Piece[]): Run[] {
  const isInPageToTheLeft = areMostlyToTheLeft(pieces.map(({ text }) => text));
  return rowsOf(pieces).flatMap((row) => {
    const runs: Piece[][] = [];
    let right = -Infinity;
    for (const piece of row.toSorted((a, b) => a.left - b.left || a.order - b.order)) {
      const run = runs.at(-1);
      const size = Math.max(piece.size, run?.at(-1)?.size ?? 0);
      if (run !== undefined && piece.left - right <= runGap * size) run.push(piece);
      else runs.push([piece]);
      right = Math.max(right, piece.right);
    }
    return runs.map((run) => runOf(run, isInPageToTheLeft)).filter(({ text }) => text !== "");
  });
}
