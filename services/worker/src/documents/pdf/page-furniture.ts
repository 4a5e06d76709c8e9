import { type Line, linePitch, linesOf } from "./page-lines.ts";
import type { Run } from "./runs.ts";

/** The most lines of a running head or foot. */
const edgeLines = 3;
/** A gap of more than this many line pitches separates a running head or foot from the text. */
const edgeGap = 1.4;
/** The longest line of a running head or foot. */
const edgeCharacters = 200;
/** On this many pages, equal lines are no coincidence. */
const pagesAlike = 3;
/** A table of contents has at least so many entries on a page. */
const contentsEntries = 4;
/** The numbers of pages in a table of contents may be larger than the count of the pages by so many. */
const pagesBefore = 50;

const leader = /(?:\.\s?){4,}|…{2,}|(?:…\s){3,}/;
const contentsEntry = /(?:(?:\.\s?){4,}|…{2,}\s?|(?:…\s){3,})(\d{1,4}|[ivxlc]{1,7})$/i;
const pageNumber = /(?:\b\d+\b|^[ivxlc]+$|\b[ivxlc]+$)/gi;

/** A row of a page, with the line that it makes. */
interface Row {
  readonly runs: readonly Run[];
  readonly line: Line;
}

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
  const pitch = linePitch(page);
  const edges = new Set([...setApart(page, pitch), ...setApart(page.toReversed(), pitch)]);
  return [...edges].filter(({ text }) => text.length <= edgeCharacters);
}

/**
 * Whether a page is a table of contents: dot leaders in most of its lines lead to numbers of pages, which do not fall.
 * A list of prices has dot leaders too.
 */
function isContents(lines: readonly Line[], pages: number): boolean {
  const ends = lines.flatMap(({ text }) => contentsEntry.exec(text)?.[1] ?? []);
  const numbers = ends.map(Number).filter((number) => !Number.isNaN(number));
  const led = lines.filter(({ text }) => leader.test(text)).length;
  return (
    ends.length >= contentsEntries &&
    ends.length * 1.25 >= led &&
    led * 2 > lines.length &&
    numbers.every((number, index) => number >= (numbers[index - 1] ?? 0)) &&
    numbers.every((number) => number <= pages + pagesBefore)
  );
}

/**
 * Removes what only helps to leaf through pages: running heads and feet, page numbers and tables of contents. It
 * removes a line only if several pages agree, so that no text is lost by a guess. Each page is a list of rows, from the
 * top.
 */
export function withoutFurniture(
  pages: readonly (readonly (readonly Run[])[])[],
): (readonly Run[])[][] {
  const all = pages.map((rows): Row[] => {
    const lines = linesOf(rows);
    return rows.flatMap((runs, index) => {
      const line = lines[index];
      return line === undefined ? [] : [{ runs, line }];
    });
  });
  const seen = new Map<string, number>();
  const edges = all.map((rows) => edgesOf(rows.map(({ line }) => line)));
  edges.forEach((lines, page) => {
    for (const likeness of new Set(lines.flatMap((line) => likenesses(line, page)))) {
      seen.set(likeness, (seen.get(likeness) ?? 0) + 1);
    }
  });
  return all.map((rows, page) => {
    const lines = rows.map(({ line }) => line);
    if (isContents(lines, pages.length)) return [];
    const furniture = new Set(
      edges[page]?.filter((line) =>
        likenesses(line, page).some((likeness) => (seen.get(likeness) ?? 0) >= pagesAlike),
      ),
    );
    return rows.filter(({ line }) => !furniture.has(line)).map(({ runs }) => runs);
  });
}
