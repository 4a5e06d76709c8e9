import type { TextItem, TextMarkedContent } from "pdfjs-dist/types/src/display/api.js";

/** A line of a page, in the page's own order. Measures are in points. */
export interface Line {
  readonly text: string;
  /** The height of the baseline above the bottom of the page. */
  readonly y: number;
  readonly height: number;
  /** Where the line ends, from the left. */
  readonly right: number;
}

/** Removes typographic characters: soft hyphens, and spaces of a fixed width. */
const tidy = (text: string): string =>
  text
    .replace(/\u00ad/g, "")
    .replace(/\s+/g, " ")
    .trim();

/** The usual distance between two lines of a page: the median. */
export function linePitch(lines: readonly Line[]): number {
  const pitches = lines.slice(1).map(({ y }, index) => (lines[index]?.y ?? 0) - y);
  const down = pitches.filter((pitch) => pitch > 0).toSorted((a, b) => a - b);
  return down[down.length >> 1] ?? 0;
}

/** Joins a page's pieces of text into lines. */
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
