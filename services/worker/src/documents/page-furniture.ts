import { type Line, linePitch } from "./page-lines.ts";

/** Running heads and feet have so many lines at most. */
const edgeLines = 3;
/** And a gap of so many usual ones to the text. */
const edgeGap = 1.4;
/** None is longer. */
const edgeCharacters = 200;
/** On so many pages they are no coincidence. */
const pagesAlike = 3;

const leader = /(?:\.\s?){4,}|…{2,}|(?:…\s){3,}/;
const pageNumber = /(?:\b\d+\b|^[ivxlc]+$|\b[ivxlc]+$)/gi;

/**
 * What a line at a page's edge has in common with its like on other pages: where it stands, its
 * words, and how far each number in it is from the page's place in the document, so that a page
 * number, which counts with the pages, is alike where a figure in a table is not.
 */
function likenesses({ text, y }: Line, page: number): string[] {
  const place = Math.round(y / 2);
  const shape = text.replace(pageNumber, "#");
  const numbers = [...text.matchAll(/\b\d+\b/g)].map(([n], at) => `${at} ${Number(n) - page}`);
  const counted = numbers.map((number) => `${place} ${number} ${shape}`);
  // Roman numerals are of front matter; what goes with them is the same on all of its pages.
  return [`${place} ${text}`, ...(numbers.length === 0 ? [`${place} ${shape}`] : counted)];
}

/** The lines at the beginning of `lines` that a gap sets apart from the others. */
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

/** A table of contents: most of its lines lead by dots to a page. */
const isContents = (page: readonly Line[]): boolean =>
  page.filter(({ text }) => leader.test(text)).length * 2 > page.length;

/**
 * Leaves out what is on a page for who leafs through it: running heads and feet, page numbers, tables
 * of contents. Taken out only where several pages agree, so that nothing of a text is lost by a guess.
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
