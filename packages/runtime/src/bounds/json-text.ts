const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/**
 * Longer strings are searched with `indexOf`, which takes a tenth of the time of a loop. For shorter ones it takes
 * longer.
 */
const SHORT_STRING = 64;
/** The longest escape of a single byte is `\u0041`. */
const LONGEST_ESCAPE = 6;

/** What a byte of JSON begins or ends. */
export const beginsOf = {
  ...{ nothing: 0, string: 1, container: 2, end: 3, comma: 4, colon: 5 },
} as const;
export type JsonBegin = (typeof beginsOf)[keyof typeof beginsOf];

export const jsonBegins = new Uint8Array(256);
const { string, container, end, comma, colon } = beginsOf;
for (const [character, begin] of Object.entries({
  ...{ '"': string, "[": container, "{": container, "]": end, "}": end, ",": comma, ":": colon },
})) {
  jsonBegins[character.charCodeAt(0)] = begin;
}

export interface JsonString {
  /** The index after the closing quote, or the end of the text. */
  readonly end: number;
  /** A lower bound of the string's bytes, quotes included, however it is written. */
  readonly bytes: number;
  /** Whether the string is short and has no escapes. */
  readonly plain: boolean;
}

/** Reads the string whose opening quote is just before `from`. */
export function stringAt(text: Uint8Array, from: number): JsonString {
  const long = Math.min(from + SHORT_STRING, text.length);
  for (let at = from; at < long; at += 1) {
    const byte = text[at];
    if (byte === QUOTE) return { end: at + 1, bytes: at - from + 2, plain: true };
    if (byte === BACKSLASH) break;
  }
  const end = endOfString(text, from);
  return { end, bytes: Math.ceil((end - from) / LONGEST_ESCAPE), plain: false };
}

function endOfString(text: Uint8Array, from: number): number {
  let at = from;
  // The loop's length doubles with each backslash before a quote. Else a text of escapes alone would be searched two
  // bytes at a time.
  for (let short = SHORT_STRING; ; short *= 2) {
    for (const long = at + short; at < long; at += 1) {
      const byte = text[at];
      if (byte === QUOTE) return at + 1;
      if (byte === BACKSLASH) at += 1;
      if (at >= text.length) return text.length;
    }
    const quote = text.indexOf(QUOTE, at);
    if (quote === -1) return text.length;
    let backslash = quote;
    while (backslash > at && text[backslash - 1] === BACKSLASH) backslash -= 1;
    if ((quote - backslash) % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}
