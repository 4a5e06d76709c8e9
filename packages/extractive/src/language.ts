/// <reference path="./stopword.d.ts" />
import { franc } from "franc-min";
import * as lists from "stopword";

/** Languages by ISO 639-3 that the list of stop words names otherwise. */
const listNames: Readonly<Record<string, string>> = {
  cmn: "zho",
  arb: "ara",
  pes: "fas",
  zlm: "msa",
};
const codes = [
  ...Object.keys(lists).filter((code) => /^[a-z]{3}$/.test(code)),
  ...Object.keys(listNames),
];
const samples = 8;
const sampleChars = 250;

export interface Language {
  /** By ISO 639-3, or `und`. */
  readonly code: string;
  /** Words that say nothing about a text's subject, in lower case. English ones count in every text. */
  readonly stopWords: ReadonlySet<string>;
  /** Whether there is a list of stop words, so that their share tells prose from listings. */
  readonly known: boolean;
}

const listOf = (code: string): readonly string[] => {
  const list: unknown = (lists as Record<string, unknown>)[listNames[code] ?? code];
  return Array.isArray(list) ? list : [];
};

/** Takes pieces from the whole length of a text, because its beginning may be in another language. */
function sampleOf(text: string): string {
  if (text.length <= samples * sampleChars) return text;
  const step = Math.floor(text.length / samples);
  return Array.from({ length: samples }, (_, i) =>
    text.slice(i * step, i * step + sampleChars),
  ).join(" ");
}

/** Tells the language in which most of a text is written. */
export function languageOf(text: string): Language {
  const code = franc(sampleOf(text), { minLength: 3, only: codes });
  const own = listOf(code);
  return { code, known: own.length > 0, stopWords: new Set([...listOf("eng"), ...own]) };
}
