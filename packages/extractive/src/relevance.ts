import { centralities, type Vector } from "./centrality.ts";
import type { Sentence } from "./sentences.ts";

/** The beginning of a text, as a part of its sentences, says more about the whole, and so does that of a paragraph. */
const lead = { part: 0.3, more: 0.8 };
const paragraphMore = 0.2;
/** Sentences that say less when they stand alone count for this part. */
const asQuestion = 0.7;
const asSpeech = 0.6;
const asContinuation = 0.8;
const asPointer = 0.5;
const asOpen = 0.3;
/** Shorter sentences say little. */
const fullWords = 10;
const lengthPower = 1;

const question = /[?？؟]["'’”»)\]」』]*$/u;
const speech = /["“”«»„「『]|(?<![\p{L}\p{N}])['‘](?=\p{L})/u;
/** A sentence that announces or refers to what is not quoted with it: a list, a table, a section. */
const pointing =
  /(?:\bfollowings?|\bas follows|(?:^|[,;(] ?)see|\bsee also|\bcheck out|for (?:more|further) (?:details|information)|(?:the|as|listed|shown|see|described|given) (?:above|below)|section \d|chapter \d|fig(?:ure|\.) ?\d|table \d|appendix|the (?:previous|next|last) (?:section|chapter|page)|folgende[nrms]?|suivante?s?|siguientes?|seguenti?|следующ\p{L}*)\b|如下|以下|下列|次の/iu;
/** Words at the beginning of a sentence that point to the one before it. */
const continuing = new Set(
  "he she it they this that these those such so then but and however there yet thus hence nor or because which his her their its".split(
    " ",
  ),
);
/** How much of its neighbours' relation to the question a sentence takes over. */
const fromNeighbour = 0.3;

const openingSingle = /(?<![\p{L}\p{N}])['‘](?=\p{L})/gu;
const closingSingle = /(?<=[\p{L}.,!?])['’](?![\p{L}\p{N}])/gu;
const closesAtEnd = /[.!?,]['’]$/;

/** Whether a speech in single quotation marks begins or ends in the sentence, and its other part is elsewhere. */
function isOpen(text: string): boolean {
  const opening = text.match(openingSingle)?.length ?? 0;
  return (
    opening > (text.match(closingSingle)?.length ?? 0) || (opening === 0 && closesAtEnd.test(text))
  );
}

function manner(sentence: Sentence, index: number, total: number): number {
  const { text, words, place } = sentence;
  const early = Math.max(0, 1 - index / Math.max(1, lead.part * total));
  return (
    (1 + lead.more * early) *
    (place === 0 ? 1 + paragraphMore : 1) *
    (Math.min(words.length, fullWords) / fullWords) ** lengthPower *
    (question.test(text) ? asQuestion : 1) *
    (speech.test(text) ? asSpeech : 1) *
    (isOpen(text) ? asOpen : 1) *
    (pointing.test(text) ? asPointer : 1) *
    (continuing.has(words[0] ?? "") ? asContinuation : 1)
  );
}

/** Tells how much each sentence says about the text, from 0 to 1. */
export function relevanceToText(
  sentences: readonly Sentence[],
  vectors: readonly Vector[],
): Float64Array {
  const all = centralities(vectors);
  return scaled(
    all.map((one, i) => {
      const sentence = sentences[i];
      return sentence === undefined ? 0 : one * manner(sentence, i, sentences.length);
    }),
  );
}

/**
 * Tells how much each sentence relates to a question, from 0 to 1: the weights of the words that it shares with the question,
 * and a part of that of its neighbours, since an answer often follows the sentence with the question's words.
 */
export function relevanceToQuestion(
  sentences: readonly Sentence[],
  vectors: readonly Vector[],
  asked: ReadonlySet<number>,
): Float64Array {
  const own = Float64Array.from(vectors, ({ words, weights }) => {
    const shared = weights.filter((_, place) => asked.has(words[place] ?? -1));
    return shared.reduce((sum, weight) => sum + weight, 0) * shared.length;
  });
  return scaled(
    own.map((one, i) => {
      // The question itself, from earlier in a conversation, is no answer.
      const isAsked = vectors[i]?.words.every((word) => asked.has(word)) ?? false;
      if (isAsked && question.test(sentences[i]?.text ?? "")) return 0;
      return one + fromNeighbour * Math.max(own[i - 1] ?? 0, (own[i + 1] ?? 0) / 2);
    }),
  );
}

function scaled(values: Float64Array): Float64Array {
  const most = values.reduce((max, value) => Math.max(max, value), 0);
  return most === 0 ? values : values.map((value) => value / most);
}
