import { bandsOf, pitchOf } from "./bands.ts";
import { columnsOrTable } from "./columns-or-table.ts";
import { runToTheLeft } from "./direction.ts";
import { findGutter, type Gutter } from "./gutters.ts";
import { type Line, linesOf } from "./page-lines.ts";
import { type Run, rowsOf } from "./runs.ts";

/** Columns in columns: deeper than this, a page is read row by row. */
const deepest = 8;
/** A row that stands so many usual distances from the columns is no row of theirs. */
const farRow = 4;

/** Splits the runs of a region at a gutter, into those on its left and on its right. */
function sidesOf(rows: readonly Run[][], { left, right }: Gutter): [Run[], Run[]] {
  const middle = (left + right) / 2;
  const runs = rows.flat();
  return [
    runs.filter((run) => (run.left + run.right) / 2 < middle),
    runs.filter((run) => (run.left + run.right) / 2 >= middle),
  ];
}

/**
 * Takes from columns a first and a last row that stand far from the others: a head or a foot of the page may have parts
 * above both columns, and is a line.
 */
function withoutFarRows(rows: readonly Run[][], gutter: Gutter): Gutter {
  const body = rows.slice(gutter.first, gutter.last + 1);
  const pitch = Math.max(...sidesOf(body, gutter).map((side) => pitchOf(rowsOf(side))));
  const isFar = (above: number) =>
    (rows[above]?.[0]?.y ?? 0) - (rows[above + 1]?.[0]?.y ?? 0) > farRow * pitch;
  const first = isFar(gutter.first) ? gutter.first + 1 : gutter.first;
  const last = isFar(gutter.last - 1) ? gutter.last - 1 : gutter.last;
  return last - first >= 2 ? { ...gutter, first, last } : gutter;
}

/**
 * Sorts the runs of a page into blocks of lines, in the order of reading. It looks for the white gutter that holds over
 * most rows, and reads what is above it, each side of it, and what is below it, in the same way. A table has gutters
 * too, but is read row by row.
 */
export function blocksOf(runs: readonly Run[], depth = 0, isInTable = false): Line[][] {
  const rows = rowsOf(runs);
  const found = depth < deepest ? findGutter(rows, isInTable ? 2 : 3) : undefined;
  if (found === undefined) return runs.length === 0 ? [] : [linesOf(rows)];
  const inner = (some: readonly Run[], inTable = isInTable) => blocksOf(some, depth + 1, inTable);
  const gutter = withoutFarRows(rows, found);
  const body = rows.slice(gutter.first, gutter.last + 1);
  const sides = sidesOf(body, gutter);
  const inBody = () => {
    const kind = columnsOrTable(body, sides, isInTable);
    if (kind === "columns") {
      const toTheLeft = runToTheLeft(
        body.flat().map(({ text }) => text),
        runs[0]?.isInPageToTheLeft ?? false,
      );
      return (toTheLeft ? sides.toReversed() : sides).flatMap((side) => inner(side));
    }
    const bands = bandsOf(body);
    if (bands.length === 1) return [linesOf(body)];
    return bands.flatMap((band) => inner(band.flat(), true));
  };
  return [
    ...inner(rows.slice(0, gutter.first).flat()),
    ...inBody(),
    ...inner(rows.slice(gutter.last + 1).flat()),
  ];
}
