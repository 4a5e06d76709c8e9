import { type Line, linePitch } from "./page-lines.ts";

/** The most lines of a running head or foot. */
const edgeLines = 3;
/** A gap of more than this many line pitches separates a running head or foot from the text. */
const edgeGap = 1.4;
/** The longest line of a running head or foot. */
const edgeCharacters = 200;
/** On this many pages, equal lines are no coincidence. */
const pagesAlike = 3;

const leader = /(?:\.\s?){4,}|…{2,}|(?:…\s){3,}/;
const pageNumber = /(?:\b\d+\b|^[ivxlc]+$|\b[ivxlc]+$)/gi;

/**
 * Describes what a line at a page's edge may have in common with lines on other pages: its position, its words, and the
 * difference between each number in it and the page's index. That difference is constant for page numbers, but not
 * for a figure in a table.
 */
function likenesses({ text, y }: Line, page: number): string[] {
  const place = Math.round(y / 2);
  const shape = text.replace(pageNumber, "#");
  const numbers = [...text.matchAll(/\b\d+\b/g)].map(
    ([n], index) => `${index} ${Number(n) - page}`,
  );
  const counted = numbers.map((number) => `${place} ${number} ${shape}`);
  // Roman numerals are page numbers of front matter; the other words of such a line are equal on all of these pages.
  return [`${place} ${text}`, ...(numbers.length === 0 ? [`${place} ${shape}`] : counted)];
}

/** Returns the first lines if a gap separates them from the others, else none. */
function setApart(lines: readonly Line[], pitch: number): readonly Line[] {
  for (let count = 1; count <= edgeLines; count += 1) {
    const [last, next] = [lines[count - 1], lines[count]];
    if (last === undefined || next === undefined) return lines.slice(0, count);
    const usual = Math.min(pitch, next.height * 2.5);
    if (Math.abs(last.y - next.y) > usual * edgeGap) return lines.slice(0, count);
  }
  return [];
}

function edgesOf(page: readonly Line[]): Line[] {
  const down = page.toSorted((a, b) => b.y - a.y);
  const pitch = linePitch(down);
  const edges = new Set([...setApart(down, pitch), ...setApart(down.toReversed(), pitch)]);
  return [...edges].filter(({ text }) => text.length <= edgeCharacters);
}

/** Whether a page is a table of contents: dot leaders in most of its lines lead to page numbers. */
const isContents = (page: readonly Line[]): boolean =>
  page.filter(({ text }) => leader.test(text)).length * 2 > page.length;

/**
 * Removes what only helps to leaf through pages: running heads and feet, page numbers and tables of contents. It removes
 * a line only if several pages agree, so that no text is lost by a guess.
 */
export function withoutFurniture(pages: readonly (readonly Line[])[]): Line[][] {
  const seen = new Map<string, number>();
  const edges = pages.map(edgesOf);
  edges.forEach((lines, page) => {
    for (const likeness of new Set(lines.flatMap((line) => likenesses(line, page)))) {
      seen.set(likeness, (seen.get(likeness) ?? 0) + 1);
    }
  });
  return pages.map((lines, page) => {
    if (isContents(lines)) return [];
    const furniture = new Set(
      edges[page]?.filter((line) =>
        likenesses(line, page).some((likeness) => (seen.get(likeness) ?? 0) >= pagesAlike),
      ),
    );
    return lines.filter((line) => !furniture.has(line) && !leader.test(line.text));
  });
}
