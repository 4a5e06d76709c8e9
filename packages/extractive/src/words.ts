import { stemmer } from "stemmer";
import type { Language } from "./language.ts";

/** Scripts that put no spaces between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const word = /[\p{L}\p{M}\p{N}]+/gu;
const hangul = /^\p{Script=Hangul}/u;
const nonAscii = /[^\0-\x7f]/;
/** The length to which words of other languages than English are cut. */
const stemChars = 6;
/** Most Korean nouns have two syllables, and particles follow them. */
const hangulStemChars = 2;

const segmenter = new Intl.Segmenter("en", { granularity: "word" });

/** Splits text into words, in lower case. Dictionaries of the Unicode library find the words of scripts without spaces. */
export function wordsOf(text: string): string[] {
  const lower = (nonAscii.test(text) ? text.normalize("NFKC") : text).toLowerCase();
  if (!unspaced.test(lower)) return lower.match(word) ?? [];
  const words: string[] = [];
  for (const { segment, isWordLike } of segmenter.segment(lower)) {
    if (isWordLike) words.push(segment);
  }
  return words;
}

/**
 * Reduces a word to what its inflections share: Porter's stem of an English word, the first letters of another. Truncation
 * does about as well as stemming in European languages: P. McNamee, C. Nicholas and J. Mayfield, "Addressing Morphological
 * Variation in Alphabetic Languages" (SIGIR 2009).
 */
function stemOf(word: string, { code }: Language): string {
  if (code === "eng" && !nonAscii.test(word)) return stemmer(word);
  return word.slice(0, hangul.test(word) ? hangulStemChars : stemChars);
}

/** Returns the stems of the words that tell what a text is about, in order. If there are none, it takes all words. */
export function stemsOf(words: readonly string[], language: Language): string[] {
  const telling = words.filter(
    (one) => !language.stopWords.has(one) && (one.length > 1 || unspaced.test(one)),
  );
  return (telling.length > 0 ? telling : words).map((one) => stemOf(one, language));
}
