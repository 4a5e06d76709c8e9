import { countTokens } from "gpt-tokenizer";
import { stemmer } from "stemmer";
import { eng } from "stopword";
import type { Provider } from "./provider.ts";

const stopWords = new Set(eng);
const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });
const damping = 0.85;
const maxIterations = 60;
const convergence = 1e-6;
/** Longer runs without a full stop are tables or listings; they are cut so that none eats a budget. */
const maxSentenceChars = 1_000;

export function sentencesOf(text: string): string[] {
  const sentences: string[] = [];
  for (const paragraph of text.split(/\n\s*\n/)) {
    for (const { segment } of segmenter.segment(paragraph.replace(/\s+/g, " "))) {
      const sentence = segment.trim().slice(0, maxSentenceChars);
      if (/\p{L}/u.test(sentence)) sentences.push(sentence);
    }
  }
  return sentences;
}

function stemsOf(sentence: string): Set<string> {
  const words = sentence.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(words.filter((w) => w.length > 1 && !stopWords.has(w)).map((w) => stemmer(w)));
}

interface Edges {
  readonly to: number[];
  readonly weight: number[];
  total: number;
}

/**
 * Which sentences are alike, from an index of stems instead of all pairs. In long texts a stem that
 * is in more than a tenth of the sentences tells none apart and would link almost all: it is left out.
 */
function linkSentences(stems: readonly Set<string>[]): Edges[] {
  const index = new Map<string, number[]>();
  stems.forEach((set, sentence) => {
    for (const stem of set) {
      const list = index.get(stem);
      if (list) list.push(sentence);
      else index.set(stem, [sentence]);
    }
  });
  const common = Math.max(50, stems.length / 10);
  const shared = new Uint16Array(stems.length);
  return stems.map((set, from) => {
    const edges: Edges = { to: [], weight: [], total: 0 };
    for (const stem of set) {
      const list = index.get(stem) ?? [];
      if (list.length > common) continue;
      for (const to of list) {
        if (shared[to] === 0 && to !== from) edges.to.push(to);
        shared[to] = (shared[to] ?? 0) + 1;
      }
    }
    for (const to of edges.to) {
      const lengths = Math.log(1 + set.size) + Math.log(1 + (stems[to]?.size ?? 0));
      const weight = (shared[to] ?? 0) / lengths;
      edges.weight.push(weight);
      edges.total += weight;
      shared[to] = 0;
    }
    shared[from] = 0;
    return edges;
  });
}

/** PageRank by power iteration. The order of all sums is fixed, so equal input gives equal ranks. */
function rank(graph: readonly Edges[]): Float64Array {
  let ranks = new Float64Array(graph.length).fill(1);
  for (let iteration = 0; iteration < maxIterations; iteration += 1) {
    const next = new Float64Array(graph.length).fill(1 - damping);
    graph.forEach(({ to, weight, total }, from) => {
      const share = total === 0 ? 0 : (damping * (ranks[from] ?? 0)) / total;
      for (let i = 0; i < to.length; i += 1) {
        const target = to[i] ?? 0;
        next[target] = (next[target] ?? 0) + share * (weight[i] ?? 0);
      }
    });
    const change = next.reduce((sum, value, i) => sum + Math.abs(value - (ranks[i] ?? 0)), 0);
    ranks = next;
    if (change / Math.max(1, graph.length) < convergence) break;
  }
  return ranks;
}

/**
 * The sentences that say most about the text, in the text's order, at most `maxTokens` in all: the
 * TextRank of R. Mihalcea and P. Tarau, "TextRank: Bringing Order into Texts" (EMNLP 2004), over
 * stems without stop words. Equal input gives equal output. Empty if no sentence fits the budget.
 */
export function keySentences(text: string, maxTokens: number): string[] {
  const sentences = sentencesOf(text);
  const ranks = rank(linkSentences(sentences.map(stemsOf)));
  const order = sentences.map((_, i) => i);
  order.sort((a, b) => (ranks[b] ?? 0) - (ranks[a] ?? 0) || a - b);
  const chosen: number[] = [];
  const seen = new Set<string>();
  let tokens = 0;
  let misses = 0;
  for (const i of order) {
    const sentence = sentences[i] ?? "";
    if (seen.has(sentence)) continue;
    // The joining space or line break costs at most one more.
    const cost = countTokens(sentence) + 1;
    if (tokens + cost > maxTokens) {
      misses += 1;
      if (misses > 200) break;
      continue;
    }
    seen.add(sentence);
    chosen.push(i);
    tokens += cost;
  }
  return chosen.sort((a, b) => a - b).map((i) => sentences[i] ?? "");
}

/**
 * A provider that needs no network: it answers with the key sentences of the last user message and
 * ignores what else is asked. It spends no tokens at anyone; those it reports are counted alike.
 */
export const extractiveProvider: Provider = {
  complete({ messages, maxTokens, signal }) {
    const input = messages.findLast((message) => message.role === "user")?.content ?? "";
    let outputTokens = 0;
    let inputTokens = 0;
    async function* answer() {
      signal.throwIfAborted();
      inputTokens = countTokens(input);
      const sentences = keySentences(input, maxTokens);
      for (const [i, sentence] of sentences.entries()) {
        signal.throwIfAborted();
        const piece = i === 0 ? sentence : ` ${sentence}`;
        outputTokens += countTokens(piece);
        yield piece;
      }
    }
    return {
      text: answer(),
      usage: () => ({ inputTokens, outputTokens, providerCalls: 0 }),
    };
  },
};
