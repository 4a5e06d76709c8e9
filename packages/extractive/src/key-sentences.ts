import { type Vectors, vectorsOf } from "./centrality.ts";
import { type Candidate, Chosen, choose, type Taste } from "./choose.ts";
import { firstWords } from "./first-words.ts";
import { languageOf } from "./language.ts";
import { passagesOf } from "./passages.ts";
import { relevanceToQuestion, relevanceToText } from "./relevance.ts";
import { type Sentence, SentenceSplitter, sentencesOf } from "./sentences.ts";
import { type Standing, standingsOf } from "./standing.ts";
import { tokenCount } from "./token-count.ts";
import { stemsOf, wordsOf } from "./words.ts";

export interface KeySentencesInput {
  /** Plain text or Markdown. */
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

/** A summary is at most this part of a text of up to `tokens`, or one sentence. Between the two, the part grows. */
const shortText = { tokens: 1_000, share: 1 / 5 };
const longText = { tokens: 3_000, share: 1 / 2 };
/** If prose is less than this part of a text, the text consists of other things, such as a form or slides. */
const proseShare = 1 / 5;
/** If prose fills less than this, headings and entries are added. */
const enoughTokens = 64;
/** The text is divided into stretches of which each may give about one sentence. */
const stretchTokens = 40;
const minStretches = 4;
const shortTaste: Taste = { spread: 0.4, brevity: 0.3 };
/** The summary of a book must tell of its end, too, and has enough room for long sentences. */
const longTaste: Taste = { spread: 0.8, brevity: 0 };
const standings: readonly Standing[] = ["prose", "entry", "aside", "fragment"];

/** Words of a request that say what to do with a text, and not what to look for in it. */
const request = new Set(
  "please summarise summarize summary tell explain describe give write list show text document article page short brief briefly sentence sentences words main point points key say says mean about".split(
    " ",
  ),
);

interface Reading {
  readonly sentences: readonly Sentence[];
  /** The indices of the sentences of each standing. */
  readonly ranks: readonly (readonly number[])[];
  readonly vectors: Vectors;
  readonly asked: ReadonlySet<number>;
}

function read(text: string, question: string): Reading {
  const language = languageOf(text);
  const passages = passagesOf(text);
  const sentences = sentencesOf(passages, new SentenceSplitter(text, language));
  const all = standingsOf(passages, sentences, language);
  const ranks = standings.map((standing) =>
    sentences.map((_, index) => index).filter((index) => all[index] === standing),
  );
  const vectors = vectorsOf(sentences.map(({ words }) => stemsOf(words, language)));
  const words = wordsOf(question).filter((word) => !request.has(word));
  const asked = stemsOf(words, language).flatMap((stem) => vectors.numbers.get(stem) ?? []);
  return { sentences, ranks, vectors, asked: new Set(asked) };
}

function shareOf(tokens: number): number {
  const way = (tokens - shortText.tokens) / (longText.tokens - shortText.tokens);
  const grown = Math.min(1, Math.max(0, way));
  return shortText.share + grown * (longText.share - shortText.share);
}

/** Returns how long the answer may be: a part of what can be quoted, and at most what is asked for. */
function limitOf({ sentences, ranks }: Reading, text: string, inputTokens: number, asked: number) {
  const length = (indices: readonly number[]) =>
    indices.reduce((sum, index) => sum + (sentences[index]?.text.length ?? 0), 0);
  const all = length(ranks.flat());
  const prose = length(ranks[0] ?? []);
  const quotable = prose < all * proseShare ? all : prose;
  const tokens = (inputTokens * quotable) / text.length;
  return Math.min(asked, Math.ceil(tokens * shareOf(inputTokens)));
}

function candidatesOf(
  { sentences, vectors, asked }: Reading,
  indices: readonly number[],
  stretches: number,
  isAnswer: boolean,
): Candidate[] {
  const some = indices.flatMap((index) => sentences[index] ?? []);
  const own = indices.flatMap((index) => vectors.vectors[index] ?? []);
  const relevance = isAnswer ? relevanceToQuestion(some, own, asked) : relevanceToText(some, own);
  return indices.flatMap((index, i) => {
    const [sentence, vector] = [some[i], own[i]];
    const worth = relevance[i] ?? 0;
    if (sentence === undefined || vector === undefined || worth === 0) return [];
    // The space or line break between sentences costs at most one more token.
    const tokens = tokenCount(sentence.text) + 1;
    const stretch = Math.floor((i * stretches) / indices.length);
    return [{ index, vector, relevance: worth, tokens, stretch }];
  });
}

const tokensOf = (candidates: readonly Candidate[]): number =>
  candidates.reduce((sum, { tokens }) => sum + tokens, 0);

/** Chooses from prose, and from the others only if there is not enough of it. */
function chooseFrom(reading: Reading, limitTokens: number, maxTokens: number, isAnswer: boolean) {
  const stretches = Math.max(minStretches, Math.round(limitTokens / stretchTokens));
  const taste = stretches > minStretches ? longTaste : shortTaste;
  const chosen = new Chosen(reading.vectors.frequencies, taste);
  const enough = Math.min(limitTokens, enoughTokens);
  const seen: Candidate[] = [];
  for (const [tier, indices] of reading.ranks.entries()) {
    const candidates = candidatesOf(reading, indices, stretches, isAnswer);
    // The best answer is given, also if it is more than the usual part of the text.
    if (isAnswer && seen.length === 0) addBest(candidates, chosen, maxTokens);
    choose(candidates, chosen, tier === 0 ? limitTokens : enough);
    seen.push(...candidates);
    if (tokensOf(seen) >= enough && seen.length > 0) break;
  }
  // One sentence is always allowed.
  if (chosen.candidates.length === 0) addBest(seen, chosen, maxTokens);
  return { chosen: chosen.candidates, best: bestOf(seen, chosen) };
}

function addBest(candidates: readonly Candidate[], chosen: Chosen, maxTokens: number): void {
  const best = bestOf(
    candidates.filter(({ tokens }) => tokens <= maxTokens),
    chosen,
  );
  if (best !== undefined) chosen.add(best);
}

function bestOf(candidates: readonly Candidate[], chosen: Chosen): Candidate | undefined {
  const gains = candidates.map((candidate) => chosen.gainOf(candidate));
  return candidates[gains.indexOf(gains.reduce((most, gain) => Math.max(most, gain), 0))];
}

/**
 * Selects the sentences that say most about a text, or relate most to a question, in the text's order. Together they have at
 * most `maxTokens` tokens, and of a short text at most a fifth. It quotes prose; without any it quotes headings and entries. If
 * no sentence fits, it returns the first words of one. Equal input gives equal output.
 */
export function keySentences({ text, maxTokens, question }: KeySentencesInput): KeySentences {
  const inputTokens = tokenCount(text);
  const reading = read(text, question);
  const limit = limitOf(reading, text, inputTokens, maxTokens);
  let { chosen, best } = chooseFrom(reading, limit, maxTokens, reading.asked.size > 0);
  if (best === undefined && reading.asked.size > 0)
    ({ chosen, best } = chooseFrom(reading, limit, maxTokens, false));
  const textOf = (index: number) => reading.sentences[index]?.text ?? "";
  if (chosen.length === 0) {
    const cut = best === undefined ? "" : firstWords(textOf(best.index), maxTokens);
    const sentences = cut === "" ? [] : [cut];
    return { sentences, inputTokens, outputTokens: tokenCount(cut) };
  }
  const inOrder = chosen.toSorted((a, b) => a.index - b.index);
  return {
    sentences: inOrder.map(({ index }) => textOf(index)),
    inputTokens,
    outputTokens: inOrder.reduce((sum, { tokens }) => sum + tokens, 0),
  };
}
