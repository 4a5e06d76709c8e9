/** The most lines at an edge of a page that may be a running head or foot. */
const edgeLines = 3;
/** On this many pages, equal lines at the edges are a running head or foot. */
const pagesAlike = 3;

const leader = /(?:\.\s?){5,}|…{2,}/;

/**
 * Removes what Millrace leaves out on purpose: running heads and feet, and lines of a table of contents. Form feeds
 * separate the pages.
 */
export function withoutFurniture(text: string): string {
  const pages = text.split("\f").map((page) => page.split("\n").filter((line) => line.trim()));
  const shapeOf = (line: string) => line.trim().replace(/\d+|\b[ivxlc]+\b/g, "#");
  const edge = (lines: readonly string[], index: number) =>
    index < edgeLines || index >= lines.length - edgeLines;
  const seen = new Map<string, number>();
  for (const lines of pages) {
    const shapes = new Set(lines.filter((_, index) => edge(lines, index)).map(shapeOf));
    for (const shape of shapes) seen.set(shape, (seen.get(shape) ?? 0) + 1);
  }
  const isFurniture = (lines: readonly string[], index: number) =>
    edge(lines, index) && (seen.get(shapeOf(lines[index] ?? "")) ?? 0) >= pagesAlike;
  return pages
    .map((lines) =>
      lines.filter((line, index) => !isFurniture(lines, index) && !leader.test(line)).join("\n"),
    )
    .join("\n");
}

/** The words of a text, in lower case. A word is two letters or more, or a character of Chinese or Japanese. */
export function wordsOf(text: string): string[] {
  const joined = text
    .normalize("NFKC")
    .replace(/\u00ad\s*/g, "")
    .replace(/(\p{L})[-‐]\s*\n\s*(?=\p{Ll})/gu, "$1")
    .toLowerCase();
  return joined.match(/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]|[\p{L}\p{M}]{2,}/gu) ?? [];
}

const triplesOf = (words: readonly string[]): Set<string> =>
  new Set(words.slice(2).map((word, index) => `${words[index]} ${words[index + 1]} ${word}`));

/** The share of the reference's different word triples that the text has too: 1 if the reference has none. */
export function agreement(words: readonly string[], reference: readonly string[]): number {
  const [have, wanted] = [triplesOf(words), triplesOf(reference)];
  if (wanted.size === 0) return 1;
  return [...wanted].filter((triple) => have.has(triple)).length / wanted.size;
}

/** The share of the reference's different words that the text has too: 1 if the reference has none. */
export function recall(words: readonly string[], reference: readonly string[]): number {
  const [have, wanted] = [new Set(words), new Set(reference)];
  if (wanted.size === 0) return 1;
  return [...wanted].filter((word) => have.has(word)).length / wanted.size;
}

/**
 * Whether a text is mostly prose: it has 150 words, and at least 70 % of them stand in lines of 6 words or more. A table,
 * a form, a drawing or a list of names has short lines.
 */
export function isProse(text: string): boolean {
  const lines = text.split("\n").map((line) => wordsOf(line).length);
  const all = lines.reduce((sum, count) => sum + count, 0);
  const inLong = lines.reduce((sum, count) => sum + (count >= 6 ? count : 0), 0);
  return all >= 150 && inLong >= all * 0.7;
}
