/// <reference path="./stopword.d.ts" />
import { cutChars } from "@millrace/shared";
import { stemmer } from "stemmer";
import { eng } from "stopword";
import { tokenCount } from "./token-count.ts";

const stopWords = new Set(eng);
const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });
const damping = 0.85;
const maxIterations = 60;
const convergence = 1e-6;
/** Longer runs without a full stop are tables or listings. They are cut, so that none uses up the whole budget. */
const maxSentenceChars = 1_000;
/** A stem in more sentences than this would link nearly all of them, and the graph would not fit in memory. */
const maxSentencesOfStem = 400;
const bullet = /^\s*[•▪◦‣·–*-]\s/;
const word = /[\p{L}\p{N}]+/gu;
const sentenceEnd = /[.!?…]["”’')\]]*$/;

const sentenceRest = /^[^\p{L}\p{N}]*\p{Ll}/u;

/** Whether a text is a whole sentence: a beginning, some words and an end. Headings, listings and table cells are not. */
const isWhole = (sentence: string): boolean =>
  sentenceEnd.test(sentence) &&
  !sentenceRest.test(sentence) &&
  (sentence.match(word)?.length ?? 0) > 2;

export function sentencesOf(text: string): string[] {
  const sentences: string[] = [];
  for (const paragraph of text.split(/\n\s*\n/)) {
    for (const { segment } of segmenter.segment(paragraph.replace(/\s+/g, " "))) {
      const sentence = cutChars(segment.replace(bullet, "").trim(), maxSentenceChars);
      if (/\p{L}/u.test(sentence)) sentences.push(sentence);
    }
  }
  return sentences;
}

function stemsOf(sentence: string): Set<string> {
  const words = sentence.toLowerCase().match(word) ?? [];
  return new Set(words.filter((w) => w.length > 1 && !stopWords.has(w)).map((w) => stemmer(w)));
}

interface Edges {
  readonly to: number[];
  readonly weight: number[];
  total: number;
}

/**
 * Links similar sentences, with an index of stems instead of comparing all pairs. In long texts, a stem in more than a tenth
 * of the sentences distinguishes none of them and would link almost all, so it is left out.
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
  const common = Math.min(maxSentencesOfStem, Math.max(50, stems.length / 10));
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

/**
 * Computes PageRank by power iteration. `rest` is the distribution where walks restart, so the ranks lean towards it. The order
 * of all sums is fixed, so equal input gives equal ranks.
 */
function rank(graph: readonly Edges[], rest: Float64Array): Float64Array {
  let ranks = rest;
  for (let iteration = 0; iteration < maxIterations; iteration += 1) {
    const next = rest.map((share) => share * (1 - damping));
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

/** Weights all sentences alike, or by what they share with the question if any sentence shares something. */
function restOf(stems: readonly Set<string>[], question: string): Float64Array {
  const asked = stemsOf(question);
  const shared = stems.map(
    (set) => [...set].filter((stem) => asked.has(stem)).length / Math.log(2 + set.size),
  );
  const sum = shared.reduce((total, one) => total + one, 0);
  return Float64Array.from(shared, (one) => (sum === 0 ? 1 : (one * stems.length) / sum));
}

/** Returns as many first words of a text as fit the budget. */
function firstWords(text: string, maxTokens: number): string {
  const words = text.split(" ");
  while (words.length > 0 && tokenCount(`${words.join(" ")} …`) > maxTokens) words.pop();
  return words.length === 0 ? "" : `${words.join(" ")} …`;
}

export interface KeySentencesInput {
  readonly text: string;
  readonly maxTokens: number;
  /** What the sentences should be about. If empty: what the text itself is about. */
  readonly question: string;
}

export interface KeySentences {
  readonly sentences: readonly string[];
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/**
 * Selects the sentences that say most about the text, in the text's order, with at most `maxTokens` tokens in total. It uses
 * TextRank by R. Mihalcea and P. Tarau, "TextRank: Bringing Order into Texts" (EMNLP 2004), over stems without stop words.
 * If no sentence fits, it returns the first words of the best one. Equal input gives equal output.
 */
export function keySentences({ text, maxTokens, question }: KeySentencesInput): KeySentences {
  const all = sentencesOf(text);
  const whole = all.filter(isWhole);
  const sentences = whole.length > 0 ? whole : all;
  const stems = sentences.map(stemsOf);
  const ranks = rank(linkSentences(stems), restOf(stems, question));
  const order = sentences.map((_, i) => i);
  order.sort((a, b) => (ranks[b] ?? 0) - (ranks[a] ?? 0) || a - b);
  const chosen: number[] = [];
  const seen = new Set<string>();
  let outputTokens = 0;
  let misses = 0;
  for (const i of order) {
    const sentence = sentences[i] ?? "";
    if (seen.has(sentence)) continue;
    // The space or line break between sentences costs at most one more token.
    const cost = tokenCount(sentence) + 1;
    if (outputTokens + cost > maxTokens) {
      misses += 1;
      if (misses > 200) break;
      continue;
    }
    seen.add(sentence);
    chosen.push(i);
    outputTokens += cost;
  }
  const inputTokens = tokenCount(text);
  if (chosen.length === 0) {
    const cut = firstWords(sentences[order[0] ?? 0] ?? "", maxTokens);
    return {
      sentences: cut === "" ? [] : [cut],
      inputTokens,
      outputTokens: tokenCount(cut),
    };
  }
  chosen.sort((a, b) => a - b);
  return { sentences: chosen.map((i) => sentences[i] ?? ""), inputTokens, outputTokens };
}
