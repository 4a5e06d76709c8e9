import * as stopwords from "stopword";

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

/** Accents, and the letter that only stands below them: some programs read one character, and some read two. */
const accents = /[\u0300-\u036f]/g;
/** Whether a word is broken at its hyphen is a guess, in which programs differ. */
const hyphen = /(?<=\p{L})[-‐\u00ad]\s*\n?\s*(?=\p{L})/gu;
const word =
  /(?=\p{L})[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}]|[\p{scx=Arabic}&&[\p{L}\p{M}]]{2,}|[[\p{L}\p{M}]--[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Arabic}]]{2,}/gv;

/**
 * The words of a text, in lower case, without accents and hyphens. A word is two letters or more of one script, or a
 * character of Chinese or Japanese.
 */
export function wordsOf(text: string): string[] {
  const plain = text.normalize("NFKD").replace(accents, "").normalize("NFKC");
  return plain.replace(hyphen, "").toLowerCase().replaceAll("ı", "i").match(word) ?? [];
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

/** Lines of prose have so many words, even in a narrow column. Two characters of Chinese or Japanese are about a word. */
const lineWords = 5;
const charactersOfWord = 2;
/** Prose has so many lines of this kind one after the other. */
const paragraphLines = 4;

const idealograph = /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]$/u;
const number = /\p{N}[\p{N}.,:'’]*/gu;

/** How many words a text has, and numbers, of which a table may consist. */
function countsOf(text: string): { readonly words: number; readonly numbers: number } {
  const words = wordsOf(text);
  const characters = words.filter((word) => idealograph.test(word)).length;
  return {
    words: words.length - characters + characters / charactersOfWord,
    numbers: text.match(number)?.length ?? 0,
  };
}

/**
 * The paragraphs of a text: 4 or more lines of 5 words or more, one after the other, and a last line that is shorter. A line
 * with more numbers than words is of a table.
 */
function paragraphsOf(text: string): string[] {
  const found: string[] = [];
  let lines: string[] = [];
  const end = () => {
    if (lines.length >= paragraphLines) found.push(lines.join("\n"));
    lines = [];
  };
  for (const line of text.split("\n")) {
    const { words, numbers } = countsOf(line);
    if (words === 0 && numbers === 0) continue;
    const isText = words >= numbers;
    if (isText && (words >= lineWords || lines.length >= paragraphLines - 1)) lines.push(line);
    if (!isText || words < lineWords) end();
  }
  end();
  return found;
}

/** The triples of a text that stand in its paragraphs, and so not in its tables, forms and formulas. */
export const triplesInParagraphs = (text: string): Set<string> =>
  new Set(paragraphsOf(text).flatMap((paragraph) => [...triplesOf(wordsOf(paragraph))]));

/** The words without which no sentences are made, such as "the", of each language. */
const languages = Object.values(stopwords)
  .filter((words) => Array.isArray(words))
  .map((words) => new Set(wordsOf(words.join("\n"))));
/** Of prose, at least this part is such words. A font that does not say what it shows gives none. */
const leastStopwords = 0.03;

function hasSentences(words: readonly string[]): boolean {
  const shares = languages.map((language) => words.filter((word) => language.has(word)).length);
  return Math.max(...shares) >= words.length * leastStopwords;
}

/**
 * Whether a text is mostly prose: it has 150 words, at least 70 % of its words and numbers stand in paragraphs, and 3 % are stop
 * words of one language. A table, a form, a drawing or a list of names has shorter lines between, or lines of numbers.
 */
export function isProse(text: string): boolean {
  const sizeOf = (part: string) => {
    const { words, numbers } = countsOf(part);
    return words + numbers;
  };
  const inParagraphs = paragraphsOf(text).reduce((sum, paragraph) => sum + sizeOf(paragraph), 0);
  const words = wordsOf(text);
  return words.length >= 150 && inParagraphs >= sizeOf(text) * 0.7 && hasSentences(words);
}
