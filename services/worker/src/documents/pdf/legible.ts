/** Fewer characters than this cannot be judged by what they are. */
const leastCharacters = 40;
const leastWords = 30;

/** Characters that mean nothing: of a font's own, replacements for unknown ones, controls, and unassigned ones. */
const meaningless = /[\p{Co}\p{Cn}\p{Cc}\p{Cs}\ufffd]/gu;
/** Letters that no language uses for most of its words: phonetic ones, and those of rare extensions. */
const rareLetters = /[\u0180-\u02ff]/g;
const accentedLatin = /[\u00aa-\u00ff]/g;
const latinWord = /[a-z]{3,}/g;
const vowel = /[aeiouy]/g;
/** Marks that may be repeated to draw a line, or to lead the eye. */
const drawn = /[\s.…·_\-–—=*|]/g;

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

/** Whether words have vowels, as they have in all languages that use Latin letters. */
function soundsLikeWords(text: string): boolean {
  const words = text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().match(latinWord) ?? [];
  if (words.length < leastWords) return true;
  const all = words.join("");
  const spoken = words.filter((word) => /[aeiouy]/.test(word)).length;
  return count(all, vowel) >= all.length * 0.2 || spoken >= words.length * 0.68;
}

/**
 * Whether a text can be what a page shows. A font need not say which characters its glyphs are: then a library returns
 * other characters, such as private or phonetic ones, or letters shifted in the alphabet. `raw` is the text as the library returns it.
 */
export function isLegible(raw: string): boolean {
  const text = raw.replace(drawn, "");
  if (text === "") return true;
  const strange = count(text, meaningless);
  if (text.length < leastCharacters) return strange * 2 <= text.length;
  const letters = count(text, /\p{L}/gu);
  if (strange > text.length * 0.3) return false;
  if (letters + count(text, /\p{M}|\p{N}/gu) < text.length * 0.4) return false;
  if (count(text, rareLetters) > letters * 0.4) return false;
  if (count(text, accentedLatin) > letters * 0.7) return false;
  return soundsLikeWords(raw);
}
