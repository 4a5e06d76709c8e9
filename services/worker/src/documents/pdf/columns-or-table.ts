import { bandsOf, pitchOf } from "./bands.ts";
import { type Run, rowsOf } from "./runs.ts";

/** Lines of prose have at least so many characters, even in a narrow column. */
const proseCharacters = 16;
/** The median line of prose is at least this part as wide as the longest ones. */
const proseFill = 0.55;
const proseLetters = 0.6;
/** A table has at least so many bands. */
const tableBands = 3;
/** The bands of a table have at most so many rows on average: paragraphs beside each other have more. */
const bandRows = 5;
/** Fewer rows on a side than this do not tell whether they are on the same baselines as those of the other. */
const apartRows = 5;

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** Whether the runs of a side are lines of running text, in one column or more: long, and mostly of one length. */
function isProse(side: readonly Run[]): boolean {
  const text = side.map((run) => run.text).join("");
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const widths = side.map(({ left, right }) => right - left).toSorted((a, b) => a - b);
  const long = widths[Math.floor(widths.length * 0.9)] ?? 0;
  return (
    letters >= text.length * proseLetters &&
    median(side.map((run) => run.text.length)) >= proseCharacters &&
    median(widths) >= long * proseFill
  );
}

/**
 * Whether the file has the text of one side before that of the other, and does not change sides in each row. Values of
 * form fields have no place in this order: they belong to the labels beside them.
 */
function isWrittenBySide([left, right]: readonly [readonly Run[], readonly Run[]]): boolean {
  const runs = [
    ...left.map(({ order }) => ({ order, side: 0 })),
    ...right.map(({ order }) => ({ order, side: 1 })),
  ];
  if (runs.some(({ order }) => order === Infinity)) return false;
  runs.sort((a, b) => a.order - b.order);
  const changes = runs.filter(({ side }, index) => index > 0 && runs[index - 1]?.side !== side);
  return changes.length <= Math.max(1, Math.min(left.length, right.length) / 4);
}

/** Whether the rows of both sides are as many, and mostly on other baselines: those of a table are on the same. */
function areApart(rows: readonly Run[][], [left, right]: readonly [Run[], Run[]]): boolean {
  const [lefts, rights] = [new Set(left), new Set(right)];
  const shared = rows.filter(
    (row) => row.some((run) => lefts.has(run)) && row.some((run) => rights.has(run)),
  );
  const counts = [rowsOf(left).length, rowsOf(right).length];
  const [few, many] = [Math.min(...counts), Math.max(...counts)];
  return few >= apartRows && few * 2 >= many && shared.length < few / 2;
}

/** Whether most bands of rows begin on both sides at the same height, as the rows of a table do. */
function hasTableBands(rows: readonly Run[][], [left, right]: readonly [Run[], Run[]]): boolean {
  const bands = bandsOf(rows, Math.max(pitchOf(rowsOf(left)), pitchOf(rowsOf(right))));
  if (bands.length < tableBands || rows.length > bands.length * bandRows) return false;
  const [lefts, rights] = [new Set(left), new Set(right)];
  const beginOf = (row: readonly Run[], side: ReadonlySet<Run>) => row.find((run) => side.has(run));
  // A heading of rows stands on one side only, in a band of its own or close above its first row.
  const shared = bands.filter((band) =>
    [lefts, rights].every((side) => beginOf(band.flat(), side)),
  );
  const aligned = shared.filter((band) =>
    band.slice(0, 2).some((row) => {
      const [a, b] = [beginOf(row, lefts), beginOf(row, rights)];
      return a !== undefined && b !== undefined && Math.abs(a.y - b.y) <= a.size * 0.4;
    }),
  );
  return shared.length >= tableBands && aligned.length >= shared.length * 0.7;
}

/**
 * Tells columns, which are read one after the other, from a table, which is read row by row. Columns of prose are
 * columns, in whatever order they stand in the file. For shorter lines, the order in the file decides.
 */
export function columnsOrTable(
  rows: readonly Run[][],
  sides: [Run[], Run[]],
  isInTable: boolean,
): "columns" | "table" {
  if (!isInTable && hasTableBands(rows, sides)) return "table";
  if (sides.every(isProse) || areApart(rows, sides)) return "columns";
  return isWrittenBySide(sides) ? "columns" : "table";
}
