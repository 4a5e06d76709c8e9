/** A warning names at most this many ranges of pages, so that its length is bounded. */
const namedRanges = 8;

/** Writes ascending page numbers as ranges: "3, 5–9". */
function rangesOf(pages: readonly number[]): string[] {
  const ranges: [first: number, last: number][] = [];
  for (const page of pages) {
    const range = ranges.at(-1);
    if (range?.[1] === page - 1) range[1] = page;
    else ranges.push([page, page]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`));
}

/** Says what is true of some pages: no sentence if there are none. `one` and `several` end the sentence. */
export function pageWarning(pages: readonly number[], one: string, several: string): string[] {
  if (pages.length === 0) return [];
  if (pages.length === 1) return [`Page ${pages[0]} ${one}.`];
  const ranges = rangesOf(pages);
  const more = ranges.length > namedRanges ? " and others" : "";
  return [`${pages.length} pages (${ranges.slice(0, namedRanges).join(", ")}${more}) ${several}.`];
}
