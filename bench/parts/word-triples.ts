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

export const triplesOf = (words: readonly string[]): Set<string> =>
  new Set(words.slice(2).map((word, index) => `${words[index]} ${words[index + 1]} ${word}`));

/** The share of the wanted triples that a text has too: 1 if none is wanted. */
export function agreement(have: ReadonlySet<string>, wanted: ReadonlySet<string>): number {
  if (wanted.size === 0) return 1;
  return [...wanted].filter((triple) => have.has(triple)).length / wanted.size;
}

/** The share of the reference's different words that the text has too: 1 if the reference has none. */
export function recall(words: readonly string[], reference: readonly string[]): number {
  const [have, wanted] = [new Set(words), new Set(reference)];
  if (wanted.size === 0) return 1;
  return [...wanted].filter((word) => have.has(word)).length / wanted.size;
}

/** Lines of prose have so many words, even in a narrow column. */
const lineWords = 5;
/** Prose has so many lines of this kind one after the other. */
const paragraphLines = 4;

/**
 * Whether a text is mostly prose: it has 150 words, and at least 70 % of them stand in paragraphs, that is in 4 or more
 * lines of 5 words or more, one after the other. A table, a form, a drawing or a list of names has shorter lines
 * between.
 */
export function isProse(text: string): boolean {
  let all = 0;
  let inParagraphs = 0;
  let paragraph: number[] = [];
  const end = () => {
    if (paragraph.length >= paragraphLines) {
      inParagraphs += paragraph.reduce((sum, words) => sum + words, 0);
    }
    paragraph = [];
  };
  for (const line of text.split("\n")) {
    const words = wordsOf(line).length;
    all += words;
    if (words === 0) continue;
    // The last line of a paragraph is shorter.
    if (words >= lineWords) paragraph.push(words);
    else {
      if (paragraph.length >= paragraphLines - 1) paragraph.push(words);
      end();
    }
  }
  end();
  return all >= 150 && inParagraphs >= all * 0.7;
}
