import TinyQueue from "tinyqueue";
import type { Vector } from "./centrality.ts";

export interface Candidate {
  /** The sentence's index in the text. */
  readonly index: number;
  readonly vector: Vector;
  /** How much the sentence says about the text or the question, from 0 to 1. */
  readonly relevance: number;
  readonly tokens: number;
  /** The stretch of the text that it is in. */
  readonly stretch: number;
}

/** What kind of sentences are preferred. */
export interface Taste {
  /** How much spreading over the text counts, compared with relevance. */
  readonly spread: number;
  /** The power of a sentence's length by which its worth is divided. */
  readonly brevity: number;
}

/** How much a word still counts when a chosen sentence has it. */
const repeated = 0.5;
/** A sentence that shares this part of its words with a chosen one repeats it. */
const alike = 0.7;
const contained = 0.85;
const minContained = 4;

/** The sentences that are chosen, and what they cover. */
export class Chosen {
  readonly candidates: Candidate[] = [];
  tokens = 0;
  /** The chosen sentences that have a word. */
  readonly #having = new Map<number, Candidate[]>();
  readonly #stretches = new Map<number, number>();
  readonly #frequencies: readonly number[];
  readonly #taste: Taste;

  /** `frequencies` tells how many sentences of the text have each word. */
  constructor(frequencies: readonly number[], taste: Taste) {
    this.#frequencies = frequencies;
    this.#taste = taste;
  }

  add(candidate: Candidate): void {
    this.candidates.push(candidate);
    this.tokens += candidate.tokens;
    for (const word of candidate.vector.words) {
      const list = this.#having.get(word);
      if (list === undefined) this.#having.set(word, [candidate]);
      else list.push(candidate);
    }
    const before = this.#stretches.get(candidate.stretch) ?? 0;
    this.#stretches.set(candidate.stretch, before + candidate.relevance);
  }

  /** What a sentence adds. It never grows when further sentences are chosen. */
  gainOf({ vector, relevance, tokens, stretch }: Candidate): number {
    const { spread, brevity } = this.#taste;
    let fresh = 0;
    let all = 0;
    // The words that the text repeats are its subjects, and each should be covered before one is covered again.
    for (const word of vector.words) {
      const weight = this.#frequencies[word] ?? 0;
      all += weight;
      fresh += weight * repeated ** (this.#having.get(word)?.length ?? 0);
    }
    const before = this.#stretches.get(stretch) ?? 0;
    const spreading = Math.sqrt(before + relevance) - Math.sqrt(before);
    const worth = relevance * (1 - spread) + spreading * spread;
    return all === 0 ? 0 : ((fresh / all) * worth) / tokens ** brevity;
  }

  /** Whether a sentence says almost the same as a chosen one. */
  repeats({ vector: { words } }: Candidate): boolean {
    const shared = new Map<Candidate, number>();
    for (const word of words) {
      for (const other of this.#having.get(word) ?? []) {
        shared.set(other, (shared.get(other) ?? 0) + 1);
      }
    }
    for (const [{ vector }, count] of shared) {
      const [less, more] = [words.length, vector.words.length].sort((a, b) => a - b);
      if (count / (words.length + vector.words.length - count) >= alike) return true;
      if ((less ?? 0) >= minContained && count / (less ?? 1) >= contained && (more ?? 0) > 0)
        return true;
    }
    return false;
  }
}

/**
 * Chooses the sentences that add most, until the budget is used up: the greedy algorithm for a sum of coverage and of spread
 * over the text, after H. Lin and J. Bilmes, "A Class of Submodular Functions for Document Summarization" (ACL 2011). What
 * a sentence adds never grows, so only the best of the queue is measured anew, and not all. Equal sentences keep their order.
 */
export function choose(
  candidates: readonly Candidate[],
  chosen: Chosen,
  budgetTokens: number,
): void {
  const entries = candidates
    .map((candidate) => ({ candidate, gain: chosen.gainOf(candidate) }))
    .filter(({ gain }) => gain > 0);
  const queue = new TinyQueue(
    entries,
    (a, b) => b.gain - a.gain || a.candidate.index - b.candidate.index,
  );
  for (let entry = queue.pop(); entry !== undefined; entry = queue.pop()) {
    const { candidate } = entry;
    if (chosen.tokens + candidate.tokens > budgetTokens) continue;
    const gain = chosen.gainOf(candidate);
    const next = queue.peek();
    if (next !== undefined && gain < next.gain) queue.push({ candidate, gain });
    else if (!chosen.repeats(candidate)) chosen.add(candidate);
  }
}
