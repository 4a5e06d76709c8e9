import type { Run } from "./runs.ts";

/** Rows that are further apart than this many usual distances belong to different bands of a table. */
const bandGap = 1.35;

/** The usual distance from a row to the next: the median. */
export function pitchOf(rows: readonly (readonly Run[])[]): number {
  const pitches = rows
    .slice(1)
    .map((row, index) => (rows[index]?.[0]?.y ?? 0) - (row[0]?.y ?? 0))
    .toSorted((a, b) => a - b);
  return pitches[pitches.length >> 1] ?? 0;
}

/**
 * Splits rows where the distance to the next is wide. Rows of columns that are not on the same baselines stand close,
 * so the distance in a column counts: `least`.
 */
export function bandsOf(rows: readonly Run[][], least = 0): Run[][][] {
  const pitch = Math.max(least, pitchOf(rows));
  const bands: Run[][][] = [];
  rows.forEach((row, index) => {
    const above = rows[index - 1]?.[0]?.y ?? Infinity;
    if (above - (row[0]?.y ?? 0) > pitch * bandGap || bands.length === 0) bands.push([row]);
    else bands.at(-1)?.push(row);
  });
  return bands;
}
