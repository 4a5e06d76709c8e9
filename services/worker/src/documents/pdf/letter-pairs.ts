import {
  bre,
  cat,
  ces,
  deu,
  eng,
  eus,
  fin,
  fra,
  gle,
  hrv,
  hun,
  ind,
  ita,
  lit,
  nld,
  pol,
  porBr,
  ron,
  slv,
  swe,
  tgl,
  tur,
  vie,
} from "stopword";

/** The letters without marks, and what is before and after a word. */
const signs = 27;
/** A pair that no word has counts as half a pair. */
const unseen = 0.5;

const signOf = (code: number) => (code >= 97 && code <= 122 ? code - 96 : 0);

/**
 * The words of a text that have three Latin letters or more, without marks and each once. A word is not one letter
 * repeated.
 */
export function latinWords(text: string): string[] {
  const plain = text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const words = new Set(plain.match(/(?<!\p{L})[a-z]{3,}(?!\p{L})/gu) ?? []);
  return [...words].filter((word) => !/^(.)\1*$/.test(word));
}

/** Calls back with the row and the pair of each two neighbouring signs of a word. */
function eachPair(word: string, call: (row: number, pair: number) => void): void {
  let before = 0;
  for (let at = 0; at <= word.length; at += 1) {
    const sign = at < word.length ? signOf(word.charCodeAt(at)) : 0;
    call(before, before * signs + sign);
    before = sign;
  }
}

interface PairCounts {
  readonly pairs: Float64Array;
  readonly rows: Float64Array;
}

let counted: PairCounts | undefined;

/** How often letters follow each other in the most frequent words of languages in Latin letters. */
function pairCounts(): PairCounts {
  if (counted !== undefined) return counted;
  const lists = [
    ...[bre, cat, ces, deu, eng, eus, fin, fra, gle, hrv, hun, ind, ita, lit, nld, pol, porBr],
    ...[ron, slv, swe, tgl, tur, vie],
  ];
  const pairs = new Float64Array(signs * signs);
  const rows = new Float64Array(signs);
  for (const word of latinWords(lists.flat().join(" "))) {
    eachPair(word, (row, pair) => {
      pairs[pair] = (pairs[pair] ?? 0) + 1;
      rows[row] = (rows[row] ?? 0) + 1;
    });
  }
  counted = { pairs, rows };
  return counted;
}

/**
 * How well the letters of words follow each other, in bits for a pair: about -4 in any language, and below -5.5 if each
 * letter stands for another one. A table of names or a list of abbreviations has about -4.3.
 */
export function pairScore(words: readonly string[]): number {
  const { pairs, rows } = pairCounts();
  let bits = 0;
  let count = 0;
  for (const word of words) {
    eachPair(word, (row, pair) => {
      const share = ((pairs[pair] ?? 0) + unseen) / ((rows[row] ?? 0) + unseen * signs);
      bits += Math.log2(share);
      count += 1;
    });
  }
  return bits / count;
}
