import { tokenCount } from "./token-count.ts";

const segmenter = new Intl.Segmenter("en", { granularity: "word" });

/** Returns as many first words of a text as fit the budget. */
export function firstWords(text: string, maxTokens: number): string {
  const ends = [...segmenter.segment(text)].map(({ index, segment }) => index + segment.length);
  const cutAt = (count: number) => `${text.slice(0, ends[count - 1] ?? 0).trimEnd()} …`;
  let fits = 0;
  let tooMany = ends.length + 1;
  while (tooMany - fits > 1) {
    const middle = (fits + tooMany) >> 1;
    if (tokenCount(cutAt(middle)) <= maxTokens) fits = middle;
    else tooMany = middle;
  }
  return fits === 0 ? "" : cutAt(fits);
}
