import { limits } from "@millrace/shared";
import { tooManyFields } from "./message-bounds.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Strings that are longer are searched by the platform, at a tenth of what a loop takes; for shorter ones that costs more. */
const SHORT_STRING = 64;

/** Each begins a member, an element or a container: `[`, `{`, `,` and `:`. */
const begins = new Uint8Array(256);
for (const character of "[{,:") begins[character.charCodeAt(0)] = 1;

/** Where the string ends that begins before `from`: after its quote, or at the end of the text. */
function endOfString(text: Uint8Array, from: number): number {
  let at = from;
  // Doubled with each backslash before a quote: a text of nothing else would be searched two bytes at a time.
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

/**
 * Throws TOO_LARGE for JSON, in UTF-8, of more than so many members, elements and containers: before any of them
 * is built. It bounds the depth too, which is at most the number of containers. What is no JSON is left to the parser.
 */
export function assertBoundedJson(
  text: Uint8Array,
  mostFields: number = limits.messageFields,
): void {
  let fields = 0;
  for (let at = 0; at < text.length; ) {
    const byte = text[at++] ?? 0;
    if (byte === QUOTE) at = endOfString(text, at);
    else if (begins[byte] === 1 && ++fields > mostFields) {
      throw tooManyFields(
        `the JSON holds more than ${mostFields} members, elements and containers in all`,
      );
    }
  }
}
