/** Words of a sentence by number, each once, and how much each tells. The squares of the weights add up to 1. */
export interface Vector {
  readonly words: Int32Array;
  readonly weights: Float64Array;
}

export interface Vectors {
  readonly vectors: readonly Vector[];
  /** The number of each stem. */
  readonly numbers: ReadonlyMap<string, number>;
  /** How many sentences have each stem, by number. */
  readonly frequencies: readonly number[];
}

/** Numbers the stems of all sentences, and weights each by its frequency in the sentence and its rarity in the text. */
export function vectorsOf(stems: readonly (readonly string[])[]): Vectors {
  const numbers = new Map<string, number>();
  const frequencies: number[] = [];
  const counted = stems.map((sentence) => {
    const counts = new Map<number, number>();
    for (const stem of sentence) {
      let number = numbers.get(stem);
      if (number === undefined) {
        number = numbers.size;
        numbers.set(stem, number);
        frequencies.push(0);
      }
      const before = counts.get(number) ?? 0;
      if (before === 0) frequencies[number] = (frequencies[number] ?? 0) + 1;
      counts.set(number, before + 1);
    }
    return counts;
  });
  const rarities = frequencies.map((count) => Math.log(1 + stems.length / count));
  const vectors = counted.map((counts) => {
    const words = Int32Array.from(counts.keys());
    const weights = Float64Array.from(counts, ([word, count]) => count * (rarities[word] ?? 0));
    const norm = Math.hypot(...weights) || 1;
    return { words, weights: weights.map((weight) => weight / norm) };
  });
  return { vectors, numbers, frequencies };
}

/**
 * Tells how much each sentence has in common with all others: the sum of its cosines to them. This is the degree centrality
 * of G. Erkan and D. Radev, "LexRank: Graph-based Lexical Centrality as Salience in Text Summarization" (JAIR 22, 2004),
 * without a threshold. A sum of products with unit vectors is the product with their sum, so it needs no pairs of sentences
 * and takes time in proportion to the text.
 */
export function centralities(vectors: readonly Vector[]): Float64Array {
  const sum = sumOf(vectors);
  return Float64Array.from(vectors, ({ words, weights }) => {
    let product = 0;
    words.forEach((word, i) => {
      product += (weights[i] ?? 0) * (sum[word] ?? 0);
    });
    // The cosine of a sentence to itself says nothing.
    return words.length === 0 ? 0 : Math.max(product - 1, 0.01);
  });
}

function sumOf(vectors: readonly Vector[]): number[] {
  const sum: number[] = [];
  for (const { words, weights } of vectors) {
    words.forEach((word, i) => {
      sum[word] = (sum[word] ?? 0) + (weights[i] ?? 0);
    });
  }
  return sum;
}
