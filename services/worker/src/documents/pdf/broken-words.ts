import type { Line } from "./page-lines.ts";

/** So many broken words, and one in so many lines, are no coincidence. */
const leastBroken = 3;
const linesForEach = 100;

const wordsOf = (text: string) => text.toLowerCase().match(/\p{L}+/gu) ?? [];

/** The parts of a word that may be broken: at the end of a line, and at the beginning of the next. */
function partsOf(before: string, line: string): [end: string, begin: string] | undefined {
  const end = /\p{L}*\p{Ll}$/u.exec(before)?.[0];
  const begin = /^\p{Ll}\p{L}*/u.exec(line)?.[0];
  return end === undefined || begin === undefined
    ? undefined
    : [end.toLowerCase(), begin.toLowerCase()];
}

/**
 * Finds words that are broken at the end of a line by a soft hyphen, which the library leaves out. A document has such
 * words if the two parts often make a word that stands elsewhere in it, while they are no words themselves. The
 * returned function says whether two lines are to be joined without a space.
 */
export function brokenWords(
  blocks: readonly (readonly Line[])[],
): (before: string, line: string) => boolean {
  const whole = new Set<string>();
  const pairs: [string, string][] = [];
  for (const block of blocks) {
    for (const [index, { text }] of block.entries()) {
      // The first and the last word of a line may be parts.
      for (const word of wordsOf(text).slice(1, -1)) whole.add(word);
      const parts = partsOf(block[index - 1]?.text ?? "", text);
      if (parts !== undefined) pairs.push(parts);
    }
  }
  const isBroken = ([end, begin]: [string, string]) =>
    whole.has(end + begin) && !(whole.has(end) && whole.has(begin));
  const broken = pairs.filter(isBroken).length;
  if (broken < leastBroken || broken * linesForEach < pairs.length) return () => false;
  return (before, line) => {
    const parts = partsOf(before, line);
    if (parts === undefined) return false;
    const [end, begin] = parts;
    return isBroken(parts) || (!whole.has(end) && !whole.has(begin) && begin.length > 1);
  };
}
