import Table from "cli-table3";
import { printable, printableBlock } from "./printable.ts";

const noBorders = Object.fromEntries(
  [
    ...["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left"],
    ...["bottom-right", "left", "left-mid", "mid", "mid-mid", "right", "right-mid", "middle"],
  ].map((name) => [name, ""]),
);

/** Formats columns for people, without borders, so that words can be copied. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const drawn = new Table({
    head: [...head],
    chars: noBorders,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2, compact: true },
  });
  drawn.push(...rows.map((row) => row.map(oneLine)));
  return withoutTrailingBlanks(drawn.toString());
}

/** Formats the properties of one thing. Rows whose value is undefined are left out. */
export function details(rows: readonly (readonly [string, string | undefined])[]): string {
  const given = rows.filter((row): row is readonly [string, string] => row[1] !== undefined);
  const width = Math.max(...given.map(([name]) => name.length));
  return withoutTrailingBlanks(
    given
      .map(([name, value]) => `${name.padEnd(width)}  ${printableBlock(value, width + 2)}`)
      .join("\n"),
  );
}

const oneLine = (text: string) => printable(text).replaceAll(/\s+/g, " ");
const withoutTrailingBlanks = (text: string) => text.replaceAll(/ +$/gm, "");
