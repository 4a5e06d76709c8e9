/** Published methods of extracting sentences, as their papers describe them, to compare ours with. */
import { stemmer } from "stemmer";

export type RankSentences = (sentences: readonly string[]) => number[];

const damping = 0.85;
const iterations = 100;
/** LexRank links sentences whose cosine is at least this: the best threshold of its paper. */
const lexRankThreshold = 0.1;

/** Splits into stems, as ROUGE and the methods compare words. */
export const stemsOf = (sentence: string): string[] =>
  (sentence.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => stemmer(word));

/** Computes PageRank on a graph that is given as a matrix of weights. */
function pageRank(weights: readonly (readonly number[])[]): number[] {
  const size = weights.length;
  const totals = weights.map((row) => row.reduce((sum, weight) => sum + weight, 0));
  let ranks = Array.from({ length: size }, () => 1 / size);
  for (let round = 0; round < iterations; round += 1) {
    const next = Array.from({ length: size }, () => (1 - damping) / size);
    weights.forEach((row, from) => {
      const total = totals[from] ?? 0;
      row.forEach((weight, to) => {
        const share = total === 0 ? 1 / size : weight / total;
        next[to] = (next[to] ?? 0) + damping * share * (ranks[from] ?? 0);
      });
    });
    ranks = next;
  }
  return ranks;
}

/**
 * TextRank: R. Mihalcea and P. Tarau, "TextRank: Bringing Order into Texts" (EMNLP 2004). Two sentences are linked by the
 * number of words that they share, divided by the logarithms of their lengths.
 */
export const textRank: RankSentences = (sentences) => {
  const words = sentences.map((sentence) => new Set(stemsOf(sentence)));
  const similarity = (a: ReadonlySet<string>, b: ReadonlySet<string>) => {
    const shared = [...a].filter((word) => b.has(word)).length;
    const lengths = Math.log(a.size) + Math.log(b.size);
    return lengths === 0 ? 0 : shared / lengths;
  };
  return pageRank(words.map((a, i) => words.map((b, j) => (i === j ? 0 : similarity(a, b)))));
};

/**
 * LexRank: G. Erkan and D. Radev, "LexRank: Graph-based Lexical Centrality as Salience in Text Summarization" (JAIR 22,
 * 2004). Two sentences are linked if the cosine of their words, weighted by frequency and by rarity, is at least 0.1.
 */
export const lexRank: RankSentences = (sentences) => {
  const counts = sentences.map((sentence) => {
    const count = new Map<string, number>();
    for (const word of stemsOf(sentence)) count.set(word, (count.get(word) ?? 0) + 1);
    return count;
  });
  const rarity = (word: string) =>
    Math.log(sentences.length / counts.filter((count) => count.has(word)).length);
  const vectors = counts.map(
    (count) => new Map([...count].map(([word, times]) => [word, times * rarity(word)])),
  );
  const norms = vectors.map((vector) => Math.hypot(...vector.values()));
  const cosine = (i: number, j: number) => {
    let dot = 0;
    for (const [word, weight] of vectors[i] ?? []) dot += weight * (vectors[j]?.get(word) ?? 0);
    return dot / ((norms[i] ?? 0) * (norms[j] ?? 0) || 1);
  };
  return pageRank(
    sentences.map((_, i) => sentences.map((_, j) => (cosine(i, j) >= lexRankThreshold ? 1 : 0))),
  );
};

/** Ranks sentences by their order in the text. */
export const lead: RankSentences = (sentences) => sentences.map((_, i) => -i);
