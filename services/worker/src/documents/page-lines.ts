import type { TextItem, TextMarkedContent } from "pdfjs-dist/types/src/display/api.js";

/** A line of a page, in the order in which the page says them. Measures are in the page's points. */
export interface Line {
  readonly text: string;
  /** Of its baseline, from the page's foot. */
  readonly y: number;
  readonly height: number;
  /** Where it ends, from the left. */
  readonly right: number;
}

/** Characters that are there for typesetting: soft hyphens, and spaces of a fixed width. */
const tidy = (text: string): string =>
  text
    .replace(/\u00ad/g, "")
    .replace(/\s+/g, " ")
    .trim();

/** How far apart most lines of a page are. */
export function linePitch(lines: readonly Line[]): number {
  const pitches = lines.slice(1).map(({ y }, at) => (lines[at]?.y ?? 0) - y);
  const down = pitches.filter((pitch) => pitch > 0).toSorted((a, b) => a - b);
  return down[down.length >> 1] ?? 0;
}

/** Puts a page's pieces of text together to lines. */
export function linesOf(items: readonly (TextItem | TextMarkedContent)[]): Line[] {
  const lines: Line[] = [];
  let text = "";
  let y = 0;
  let height = 0;
  let right = 0;
  const end = () => {
    const line = tidy(text);
    if (line !== "") lines.push({ text: line, y, height, right });
    text = "";
    height = 0;
    right = 0;
  };
  for (const item of items) {
    if (!("str" in item)) continue;
    if (item.str.trim() !== "") {
      const [, , , , x = 0, baseline = 0] = item.transform as number[];
      if (text.trim() === "") y = baseline;
      height = Math.max(height, item.height);
      right = Math.max(right, x + item.width);
    }
    text += item.str;
    if (item.hasEOL) end();
  }
  end();
  return lines;
}
