import { cutChars } from "@millrace/shared";
import { abbreviationsOf, type EndsAbbreviated } from "./abbreviations.ts";
import type { Language } from "./language.ts";
import type { Passage } from "./passages.ts";
import { wordsOf } from "./words.ts";

export interface Sentence {
  readonly text: string;
  /** In lower case, in order, with stop words. */
  readonly words: readonly string[];
  /** The index of its passage. */
  readonly passage: number;
  /** Its place in the passage, from 0. */
  readonly place: number;
  /** Whether it has a beginning, some words and an end. Headings, rows and entries have not. */
  readonly isWhole: boolean;
}

/** Longer runs without a full stop are tables or listings. They are cut, so that none uses up the whole budget. */
const maxSentenceChars = 1_000;
const minWords = 3;
/** So many words must have more than one letter, unlike those of "Central U.S.". */
const minLongWords = 2;
const isLong = (word: string): boolean => word.length > 1 || /[^\p{Script=Latin}\p{N}]/u.test(word);
/** How much of the text around a boundary tells whether it is one. */
const contextChars = 60;
/** Thai and Lao separate clauses by spaces and have no full stop. Clauses are joined to pieces of this length. */
const clauseChars = 80;
const clauses = /[\p{Script=Thai}\p{Script=Lao}]/u;
const beginsLower = /^[^\p{L}\p{N}]*\p{Ll}/u;
const end = /\p{Sentence_Terminal}["'’”»›\p{Pe}\p{Pf}]*$|…["'’”»›\p{Pe}\p{Pf}]*$/u;
const fullStop = /\.$/;
const bullet = /^\s*[•▪◦‣·–*-]\s+/;
const closing = /^["'’”»›\p{Pe}\p{Pf}]+\s*/u;
const firstWord = /^[^\p{L}\p{N}]*([\p{L}\p{M}]+)/u;
/** "3." is an ordinal number in these languages, so "3. Oktober" goes on. */
const ordinals = new Set([
  "deu",
  "dan",
  "nob",
  "nno",
  "fin",
  "ces",
  "slk",
  "slv",
  "hrv",
  "srp",
  "hun",
  "est",
  "lav",
  "isl",
  "pol",
  "tur",
]);
const ordinal = /(?:^|\s)\p{N}{1,2}\.$/u;
const lowerSentence = /([.!?]\s+)(\p{Ll})/gu;
/** "「行くぞ！」と彼は言った": a particle after a quotation goes on with the sentence. */
const quoted = /[」』]$/u;
const particle = /^[とってはがをものに]/u;

/** In a text without capitals, as of a recording, a full stop before a small letter ends a sentence. */
function withCapitals(text: string): string {
  const raised = text.replace(lowerSentence, (_, stop: string, letter: string) => {
    const upper = letter.toUpperCase();
    return stop + (upper.length === letter.length ? upper : letter);
  });
  return raised.length === text.length ? raised : text;
}

/** Whether a text of some length has no capitals, although its script has them. */
const lacksCapitals = (text: string): boolean =>
  text.length >= 200 && !/\p{Lu}/u.test(text) && /\p{Ll}/u.test(text);

function splitClauses(text: string): string[] {
  const pieces: string[] = [];
  for (const clause of text.split(" ")) {
    const piece = pieces.at(-1);
    if (piece === undefined || piece.length >= clauseChars) pieces.push(clause);
    else pieces[pieces.length - 1] = `${piece} ${clause}`;
  }
  return pieces;
}

/** Splits texts into sentences, as the Unicode library does it for their language, and mends what it breaks. */
export class SentenceSplitter {
  /** Whether the text has no capitals at all, so that a sentence may begin with a small letter. */
  readonly #isLower: boolean;
  readonly #segmenter: Intl.Segmenter;
  readonly #stopWords: ReadonlySet<string>;
  readonly #hasOrdinals: boolean;
  readonly #ends: EndsAbbreviated;

  constructor(text: string, { code, stopWords }: Language) {
    const locale = code === "und" ? "en" : code;
    this.#segmenter = new Intl.Segmenter(locale, { granularity: "sentence" });
    this.#stopWords = stopWords;
    this.#hasOrdinals = ordinals.has(code);
    this.#ends = abbreviationsOf(text);
    this.#isLower = lacksCapitals(text);
  }

  split(text: string): string[] {
    if (clauses.test(text)) return splitClauses(text);
    const sentences: string[] = [];
    let start = 0;
    const segments = this.#segmenter.segment(this.#isLower ? withCapitals(text) : text);
    for (const { index, segment } of segments) {
      if (index === 0) continue;
      // A closing quotation mark belongs to the sentence before it.
      const quote = /\s$/.test(text.slice(index - 1, index))
        ? ""
        : (closing.exec(segment)?.[0] ?? "");
      const place = index + quote.length;
      const before = text.slice(Math.max(start, place - contextChars), place).trimEnd();
      if (this.#goesOn(before, text.slice(place, place + contextChars))) continue;
      sentences.push(text.slice(start, place));
      start = place;
    }
    sentences.push(text.slice(start));
    return sentences;
  }

  /** Whether a text is a whole sentence: a beginning, some words and an end. */
  isWhole(text: string, words: readonly string[]): boolean {
    if (words.length < minWords || words.filter(isLong).length < minLongWords) return false;
    if (clauses.test(text)) return true;
    return end.test(text) && (this.#isLower || !beginsLower.test(text)) && !this.#isTitle(text);
  }

  /** Whether the full stop is of an abbreviation, and all words are as in a title: "Weather in the Central U.S.". */
  #isTitle(text: string): boolean {
    if (!fullStop.test(text) || this.#ends(text, "") === "no") return false;
    const lower = text.match(/(?<![\p{L}\p{M}.])\p{Ll}[\p{L}\p{M}]*/gu) ?? [];
    return lower.every((word) => this.#stopWords.has(word));
  }

  /** Whether a boundary that the Unicode library sees is none: after an abbreviation, before a small letter and the like. */
  #goesOn(before: string, next: string): boolean {
    if (!/[\p{L}\p{N}]/u.test(next) || !/\p{L}/u.test(before)) return true;
    if (beginsLower.test(next) && !this.#isLower) return true;
    if (quoted.test(before) && particle.test(next)) return true;
    if (!fullStop.test(before)) return false;
    const isOrdinal = this.#hasOrdinals && ordinal.test(before);
    const ends = isOrdinal ? "perhaps" : this.#ends(before, next);
    if (ends !== "perhaps") return ends === "yes";
    // "… of the U.S. The farmers …": a sentence begins with a word that has no capital otherwise.
    const [, word = ""] = firstWord.exec(next) ?? [];
    return word === "" || !this.#stopWords.has(word.toLowerCase()) || word === word.toUpperCase();
  }
}

/** Returns the sentences of passages, in order. */
export function sentencesOf(passages: readonly Passage[], splitter: SentenceSplitter): Sentence[] {
  return passages.flatMap((passage, index) => {
    const texts = passage.kind === "heading" ? [passage.text] : splitter.split(passage.text);
    return texts
      .map((one) => one.replace(bullet, "").trim())
      .filter((one) => /[\p{L}\p{N}]/u.test(one))
      .map((one, place): Sentence => {
        const text = cutChars(one, maxSentenceChars);
        const words = wordsOf(text);
        const whole = passage.kind !== "heading" && splitter.isWhole(text, words);
        return { text, words, passage: index, place, isWhole: whole };
      });
  });
}
