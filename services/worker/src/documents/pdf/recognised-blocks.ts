import type { Line } from "./page-lines.ts";

/** The measures of a line do not matter to paragraphs that are known, but all lines must have the same. */
const LINE_POINTS = 12;
const CHARACTER_POINTS = 6;

/** Makes blocks of recognised text, in which empty lines separate paragraphs. */
export function recognisedBlocks(text: string): Line[][] {
  return text.split(/\n\s*\n/).flatMap((paragraph) => {
    const lines = paragraph.split("\n").filter((line) => line.trim() !== "");
    if (lines.length === 0) return [];
    const longest = Math.max(...lines.map((line) => line.length));
    return [
      lines.map((line, index) => ({
        ...{ text: line.trim(), y: (lines.length - index) * LINE_POINTS, height: LINE_POINTS },
        // A shorter line would end the paragraph, which recognition has already found.
        ...{ start: 0, end: longest * CHARACTER_POINTS, hasCells: false },
      })),
    ];
  });
}
