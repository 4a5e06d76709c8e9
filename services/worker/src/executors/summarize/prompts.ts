import type { ModelMessage } from "@millrace/shared";
import { francAll } from "franc-min";

/** About how many words of a language with spaces a token is, with room to spare: models count words badly. */
const wordsPerToken = 0.6;
/** The language is told from so many characters: enough to be sure, and quick. */
const sampleCharacters = 4_000;
/** Less text than this does not tell its language. */
const leastCharacters = 40;

const names = new Intl.DisplayNames("en", { type: "language" });

/** The English name of a text's language. Undefined if the text does not tell it. */
export function languageOf(text: string): string | undefined {
  const middle = Math.max(0, (text.length - sampleCharacters) >> 1);
  const sample = text.slice(middle, middle + sampleCharacters);
  if (sample.length < leastCharacters) return undefined;
  const [[code] = ["und"]] = francAll(sample);
  return code === "und" ? undefined : names.of(code);
}

export interface Document {
  /** The names of the files that the text is from. */
  readonly names: readonly string[];
  /** Undefined if it is not known. */
  readonly language?: string | undefined;
  /** The caller's additional instruction, or "". */
  readonly instruction: string;
}

export interface Place {
  /** Which part of the document this is, from 1. */
  readonly part: number;
  readonly parts: number;
}

/** An upper limit for people and models: "at most 120 words". */
const lengthOf = (tokens: number): string =>
  `${Math.max(10, Math.round((tokens * wordsPerToken) / 10) * 10)} words`;

const inLanguage = ({ language }: Document): string =>
  language === undefined
    ? "Write in the language of the text."
    : `The text is in ${language}: write in ${language}.`;

const quoted = (files: readonly string[]): string => files.map((name) => `"${name}"`).join(", ");

/** The messages that ask for the summary of a text. `place` is absent for the summary of the whole document. */
export function messagesFor(
  text: string,
  maxTokens: number,
  document: Document,
  place?: Place,
): ModelMessage[] {
  const what =
    place === undefined
      ? `Summarise the text, which is from ${quoted(document.names)}.`
      : `Summarise part ${place.part} of ${place.parts} of a text, which is from ${quoted(document.names)}. ` +
        "The summaries of all parts are put together later, so do not introduce it.";
  const system = [
    what,
    `Use at most ${lengthOf(maxTokens)}, in clear sentences.`,
    inLanguage(document),
    "Add nothing that the text does not say. Answer with the summary alone.",
    document.instruction,
  ];
  return [
    { role: "system", content: system.filter((sentence) => sentence !== "").join(" ") },
    { role: "user", content: text },
  ];
}
