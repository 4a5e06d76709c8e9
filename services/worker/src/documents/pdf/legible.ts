import { latinWords, pairScore } from "./letter-pairs.ts";

/** Fewer characters than this cannot be judged by what they are, and fewer words not by their letters. */
const leastCharacters = 40;
const leastWords = 25;
/** Words whose letters follow each other less well than this, in bits for a pair, are of no language. */
const leastScore = -5;

/** Characters that mean nothing: of a font's own, replacements for unknown ones, controls, and unassigned ones. */
const meaningless = /[\p{Co}\p{Cn}\p{Cc}\p{Cs}\ufffd]/gu;
/** Letters that no language uses for most of its words: phonetic ones, and those of rare extensions. */
const rareLetters = /[\u0180-\u02ff]/g;
const accentedLatin = /[\u00aa-\u00ff]/g;
/** Marks that may be repeated to draw a line, or to lead the eye. */
const drawn = /[\s.…·_\-–—=*|]/g;
/** Scripts that a font may hold, of which a word has one. */
const scripts = [
  /[\p{sc=Latin}]/gu,
  /[\p{sc=Greek}]/gu,
  /[\p{sc=Cyrillic}]/gu,
  /[\p{sc=Armenian}\p{sc=Georgian}\p{sc=Ethiopic}]/gu,
  /[\p{sc=Hebrew}]/gu,
  /[\p{sc=Arabic}\p{sc=Syriac}\p{sc=Thaana}\p{sc=Nko}]/gu,
  /[\p{sc=Devanagari}\p{sc=Bengali}\p{sc=Tamil}\p{sc=Telugu}\p{sc=Malayalam}\p{sc=Sinhala}]/gu,
  /[\p{sc=Thai}\p{sc=Lao}\p{sc=Tibetan}\p{sc=Myanmar}\p{sc=Khmer}]/gu,
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Bopomofo}]/gu,
];
/** A text has letters of two scripts, perhaps three, and seldom a fifth of a fourth. */
const usualScripts = 3;

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

/** Whether a text mixes more scripts than any does: letters that are picked at random do. */
function mixesScripts(text: string, letters: number): boolean {
  const shares = scripts.map((script) => count(text, script)).toSorted((a, b) => b - a);
  const others = shares.slice(usualScripts).reduce((sum, share) => sum + share, 0);
  return others > letters * 0.1;
}

/**
 * Whether a text in one font can be what a page shows. A font need not say which characters its glyphs are: then a
 * library returns other characters, such as private or phonetic ones, or letters shifted in the alphabet. `raw` is the
 * text as the library returns it.
 */
export function isLegible(raw: string): boolean {
  const text = raw.replace(drawn, "");
  if (text === "") return true;
  const strange = count(text, meaningless);
  if (text.length < leastCharacters) return strange * 2 <= text.length;
  const letters = count(text, /\p{L}/gu);
  if (strange > text.length * 0.3) return false;
  if (count(text, rareLetters) > letters * 0.4) return false;
  if (count(text, accentedLatin) > letters * 0.7) return false;
  if (mixesScripts(text, letters)) return false;
  const words = latinWords(raw);
  return words.length < leastWords || pairScore(words) >= leastScore;
}
