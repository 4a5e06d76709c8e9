/** How many names are suggested. */
const MOST = 3;

/** The names that are most like `name`, the most similar first: at most three, and none that has little in common. */
export function nearestNames(name: string, names: Iterable<string>): readonly string[] {
  const wanted = name.toLowerCase();
  return [...new Set(names)]
    .map((known) => ({ known, distance: distanceOf(wanted, known.toLowerCase()) }))
    .filter(({ known, distance }) => distance <= allowed(wanted, known.toLowerCase()))
    .sort((a, b) => a.distance - b.distance || (a.known < b.known ? -1 : 1))
    .slice(0, MOST)
    .map(({ known }) => known);
}

/** Names that begin alike often differ in a long suffix, such as a date. */
const allowed = (wanted: string, known: string): number =>
  wanted.length > 2 && (known.startsWith(wanted) || wanted.startsWith(known))
    ? Number.POSITIVE_INFINITY
    : Math.max(2, Math.floor(Math.max(wanted.length, known.length) * 0.4));

/** How many characters must be added, removed or replaced to make one text of the other (Levenshtein distance). */
function distanceOf(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (before[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (before[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    before = row;
  }
  return before[b.length] ?? 0;
}
