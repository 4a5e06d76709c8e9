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
  /** The place of its first piece in the file. */
  readonly order: number;
}

/** All measures are in parts of the font's size. */
const wordGap = 0.1;
/** A gap that may be the gap between two columns. */
const runGap = 0.7;
/** Pieces overlap so far only if they are not meant to be one word. */
const overlapGap = -0.5;
/** Baselines of one line differ by at most this part of the smaller size: an index is raised by about a third. */
const baselineShift = 0.62;
/** Text of the same size that is raised so far is another word. */
const raisedWord = 0.3;

const alikeSizes = (a: number, b: number) => Math.min(a, b) / Math.max(a, b) > 0.9;

/** Sorts pieces, or runs, into rows from the top of the page to its bottom. */
export function rowsOf<
  Part extends { readonly y: number; readonly size: number; readonly text: string },
>(pieces: readonly Part[]): Part[][] {
  const rows: { parts: Part[]; y: number; size: number }[] = [];
  for (const part of pieces.toSorted((a, b) => b.y - a.y)) {
    const row = rows.at(-1);
    const fits =
      row !== undefined && row.y - part.y <= baselineShift * Math.min(row.size, part.size);
    if (!fits) rows.push({ parts: [part], y: part.y, size: part.size });
    else {
      row.parts.push(part);
      // A raised index is the first part of its row, but the row is where the larger text stands.
      if (part.size > row.size * 1.1) Object.assign(row, { y: part.y, size: part.size });
    }
  }
  return rows.map(({ parts }) => parts);
}

/** The direction of a text that has both, by its letters. */
const rightToLeftLetters = /[\p{sc=Hebrew}\p{sc=Arabic}\p{sc=Syriac}\p{sc=Thaana}\p{sc=Nko}]/gu;
const letters = /\p{L}/gu;

/** Whether most letters of some texts are of scripts that run to the left. */
export function runsToTheLeft(texts: readonly string[]): boolean {
  let balance = 0;
  for (const text of texts) {
    const back = text.match(rightToLeftLetters)?.length ?? 0;
    if (back > 0) balance += 2 * back - (text.match(letters)?.length ?? 0);
  }
  return balance > 0;
}

/**
 * Puts parts of a line, sorted from left to right, into the order of reading. In a line that runs to the left, Latin words and numbers that stand side by
 * side keep their order.
 */
export function inReadingOrder<Part extends { readonly isRightToLeft: boolean }>(
  parts: readonly Part[],
  toTheLeft: boolean,
): Part[] {
  if (parts.every(({ isRightToLeft }) => isRightToLeft === toTheLeft)) {
    return toTheLeft ? parts.toReversed() : [...parts];
  }
  const groups: Part[][] = [];
  for (const part of parts) {
    const group = groups.at(-1);
    if (group?.[0]?.isRightToLeft === part.isRightToLeft) group.push(part);
    else groups.push([part]);
  }
  const inGroups = groups.map((group) => (group[0]?.isRightToLeft ? group.toReversed() : group));
  return (toTheLeft ? inGroups.toReversed() : inGroups).flat();
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

/** Whether a gap between two pieces is a space between words. Chinese and Japanese have none. */
function isSpace(before: Piece, after: Piece, gap: number, size: number): boolean {
  if (isIdealograph(before.text.at(-1)) && isIdealograph(after.text.at(0))) return false;
  if (gap > wordGap || gap < overlapGap) return true;
  if (after.isSpaced && after.order > before.order && gap > -wordGap) return true;
  return alikeSizes(before.size, after.size) && Math.abs(before.y - after.y) > raisedWord * size;
}

/** Makes a run of pieces, which are sorted from left to right. */
function runOf(pieces: readonly Piece[]): Run {
  const toTheLeft =
    pieces.some(({ isRightToLeft }) => isRightToLeft) &&
    runsToTheLeft(pieces.map(({ text }) => text));
  const sorted = inReadingOrder(pieces, toTheLeft);
  let text = "";
  let before: Piece | undefined;
  let main: Piece | undefined;
  for (const piece of sorted) {
    const size = Math.max(piece.size, before?.size ?? 0);
    if (before === undefined) text = piece.text;
    else {
      const [left, right] = before.x <= piece.x ? [before, piece] : [piece, before];
      const gap = (right.x - left.x - left.width) / size;
      text = joined(text, piece.text, gap, isSpace(before, piece, gap, size));
    }
    before = piece;
    if (main === undefined || piece.text.length * piece.size > main.text.length * main.size) {
      main = piece;
    }
  }
  return {
    text: text.replace(/\s+/g, " ").trim(),
    left: pieces[0]?.x ?? 0,
    right: pieces.reduce((most, { x, width }) => Math.max(most, x + width), -Infinity),
    y: main?.y ?? 0,
    size: main?.size ?? 0,
    isRightToLeft: toTheLeft,
    order: pieces.reduce((least, { order }) => Math.min(least, order), Infinity),
  };
}

/** Joins the pieces of a page into runs. */
export function runsOf(pieces: readonly Piece[]): Run[] {
  return rowsOf(pieces).flatMap((row) => {
    const runs: Piece[][] = [];
    let right = -Infinity;
    for (const piece of row.toSorted((a, b) => a.x - b.x || a.order - b.order)) {
      const run = runs.at(-1);
      const size = Math.max(piece.size, run?.at(-1)?.size ?? 0);
      if (run !== undefined && piece.x - right <= runGap * size) run.push(piece);
      else runs.push([piece]);
      right = Math.max(right, piece.x + piece.width);
    }
    return runs.map(runOf).filter(({ text }) => text !== "");
  });
}
