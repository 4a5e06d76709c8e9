import type { Run } from "./runs.ts";

/** A white strip between two columns. `first` and `last` are the rows that it divides. */
export interface Gutter {
  readonly left: number;
  readonly right: number;
  readonly first: number;
  readonly last: number;
}

/** How many rows are looked at together to find a strip: a few, since wide text may stand close above and below. */
const windows = [9, 3];
/** The least width of a gutter, in parts of the font's size. */
const leastWidth = 0.65;
/** A row on one side only belongs to the columns if it is as near as this many sizes. */
const tailGap = 2.2;

/** A line of a column has at least so many characters. */
const columnCharacters = 3;

type Rows = readonly (readonly Run[])[];
interface Strip {
  left: number;
  right: number;
}

/** Whether each row is one run, and all of them stand over each other: most rows of a book do. */
function standOver(rows: Rows): boolean {
  let [left, right] = [-Infinity, Infinity];
  for (const [run, ...others] of rows) {
    if (run === undefined || others.length > 0) return false;
    left = Math.max(left, run.left);
    right = Math.min(right, run.right);
  }
  return left <= right;
}

/** The white strips between the runs of some rows, if each is at least so wide. */
function stripsBetween(rows: Rows, width: number): Strip[] {
  if (standOver(rows)) return [];
  const runs = rows.flat().toSorted((a, b) => a.left - b.left);
  const strips: Strip[] = [];
  let right = runs[0]?.right ?? 0;
  for (const run of runs) {
    if (run.left - right >= width) strips.push({ left: right, right: run.left });
    right = Math.max(right, run.right);
  }
  return strips;
}

/** Makes a strip so narrow that it is white in a row too. Returns false, and leaves it, if it would be too narrow. */
function narrowed(strip: Strip, row: readonly Run[], width: number): boolean {
  const middle = (strip.left + strip.right) / 2;
  let { left, right } = strip;
  for (const run of row) {
    if (run.right <= left || run.left >= right) continue;
    if ((run.left + run.right) / 2 < middle) left = Math.max(left, run.right);
    else right = Math.min(right, run.left);
  }
  if (right - left < width) return false;
  Object.assign(strip, { left, right });
  return true;
}

const topOf = (row: readonly Run[] | undefined) => row?.[0]?.y ?? 0;

/** Takes from both ends of a gutter the rows that stand only on one side of it, and far from the others. */
function trimmed(rows: Rows, { left, right }: Strip, from: number, to: number, size: number) {
  const middle = (left + right) / 2;
  // Bullets and numbers of lines are no column.
  const isText = ({ text }: Run) => text.length >= columnCharacters;
  const onLeft = (row: readonly Run[]) => row.some((run) => run.right <= middle && isText(run));
  const onRight = (row: readonly Run[]) => row.some((run) => run.left >= middle && isText(run));
  const sides = rows.slice(from, to + 1).map((row) => [onLeft(row), onRight(row)] as const);
  const where = (side: 0 | 1) => ({
    first: sides.findIndex((row) => row[side]),
    last: sides.findLastIndex((row) => row[side]),
  });
  const [a, b] = [where(0), where(1)];
  if (a.first < 0 || b.first < 0) return { first: from, last: to, support: 0 };
  let first = from + Math.max(a.first, b.first);
  let last = from + Math.min(a.last, b.last);
  const between = sides.slice(first - from, last - from + 1);
  const support = Math.min(
    between.filter(([isLeft]) => isLeft).length,
    between.filter(([, isRight]) => isRight).length,
  );
  const near = (row: number, next: number) =>
    topOf(rows[row]) - topOf(rows[next]) <= tailGap * size;
  while (first > from && near(first - 1, first)) first -= 1;
  while (last < to && near(last, last + 1)) last += 1;
  return { first, last, support };
}

/** A strip with the rows in which it is white. */
interface WhiteStrip extends Strip {
  readonly from: number;
  readonly to: number;
}

/** Finds the white strips of a region, each with all rows in which it is white. */
function whiteStrips(rows: Rows, width: number): WhiteStrip[] {
  const found: WhiteStrip[] = [];
  const isKnown = (strip: Strip, start: number, end: number) =>
    found.some(
      ({ left, right, from, to }) =>
        from <= start && to >= end && strip.left <= left && strip.right >= right,
    );
  // The longest windows come first: a strip through all rows need not be found again in each of them.
  const lengths = new Set([rows.length, ...windows].map((length) => Math.min(length, rows.length)));
  for (const length of lengths) {
    const step = Math.max(1, length >> 1);
    for (let start = 0; start + length <= rows.length; start += step) {
      for (const strip of stripsBetween(rows.slice(start, start + length), width)) {
        let [from, to] = [start, start + length - 1];
        if (isKnown(strip, from, to)) continue;
        while (from > 0 && narrowed(strip, rows[from - 1] ?? [], width)) from -= 1;
        while (to + 1 < rows.length && narrowed(strip, rows[to + 1] ?? [], width)) to += 1;
        found.push({ ...strip, from, to });
      }
    }
  }
  return found;
}

/** Finds the gutter that divides most rows: at least so many on each side. Undefined if there is none. */
export function findGutter(rows: Rows, leastRows: number): Gutter | undefined {
  if (rows.length < leastRows) return undefined;
  const sizes = rows.map((row) => row[0]?.size ?? 0).toSorted((a, b) => a - b);
  const size = sizes[sizes.length >> 1] ?? 0;
  let best: { gutter: Gutter; support: number; width: number } | undefined;
  for (const strip of whiteStrips(rows, size * leastWidth)) {
    const { left, right } = strip;
    const { first, last, support } = trimmed(rows, strip, strip.from, strip.to, size);
    const width = right - left;
    if (
      support >= leastRows &&
      (best === undefined ||
        support > best.support ||
        (support === best.support && width > best.width))
    ) {
      best = { gutter: { left, right, first, last }, support, width };
    }
  }
  return best?.gutter;
}
