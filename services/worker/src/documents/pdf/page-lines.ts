import { inReadingOrder, runToTheLeft } from "./direction.ts";
import type { Run } from "./runs.ts";

/** A line of a block of text. Measures are in points. */
export interface Line {
  readonly text: string;
  /** The height of the baseline. */
  readonly y: number;
  readonly height: number;
  /** Where the line begins and ends in the direction of reading: both grow from the beginning of lines to their end. */
  readonly start: number;
  readonly end: number;
  /** Whether wide gaps divide the line, as in a table. */
  readonly hasCells: boolean;
}

/** A gap wider than this many sizes separates cells. */
const cellGap = 2;

/** Makes lines of the rows of a block. Gaps in a row become spaces. */
export function linesOf(rows: readonly (readonly Run[])[]): Line[] {
  return rows.map((row) => {
    const runs = row.toSorted((a, b) => a.left - b.left);
    const toTheLeft = runToTheLeft(
      runs.map(({ text }) => text),
      runs[0]?.isInPageToTheLeft ?? false,
    );
    const left = runs[0]?.left ?? 0;
    const right = runs.reduce((most, run) => Math.max(most, run.right), left);
    const main = runs.reduce((a, b) => (b.text.length > a.text.length ? b : a));
    return {
      text: inReadingOrder(runs, toTheLeft)
        .map(({ text }) => text)
        .join(" "),
      y: main.y,
      height: main.size,
      start: toTheLeft ? -right : left,
      end: toTheLeft ? -left : right,
      hasCells: runs.some(
        (run, index) => run.left - (runs[index - 1]?.right ?? Infinity) > cellGap * run.size,
      ),
    };
  });
}

/** The usual distance between two lines: the median. */
export function linePitch(lines: readonly { readonly y: number }[]): number {
  const pitches = lines.slice(1).map(({ y }, index) => (lines[index]?.y ?? 0) - y);
  const down = pitches.filter((pitch) => pitch > 0).toSorted((a, b) => a - b);
  return down[down.length >> 1] ?? 0;
}
