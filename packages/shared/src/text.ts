/**
 * The one place where text is cut, and made well-formed. A JavaScript string can hold half of a
 * surrogate pair: JSON.stringify writes it as `\ud83d`, and decoders in other languages refuse that.
 */

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/** Whether a cut before the UTF-16 unit at `at` would part a surrogate pair. */
const partsPair = (text: string, at: number): boolean =>
  at > 0 && isLowSurrogate(text.charCodeAt(at)) && isHighSurrogate(text.charCodeAt(at - 1));

/** The text with U+FFFD for each half of a surrogate pair that stands alone. */
export const wellFormed = (text: string): string => text.toWellFormed();

/** The largest place up to `units` UTF-16 units at which text may be cut. */
export const cutPlace = (text: string, units: number): number =>
  partsPair(text, units) ? units - 1 : Math.min(units, text.length);

/** The beginning of a text, at most `chars` UTF-16 units, cut between code points and well-formed. */
export const cutChars = (text: string, chars: number): string =>
  wellFormed(text.slice(0, cutPlace(text, chars)));

/** How much of `text` from `from` on takes at most `maxBytes` bytes of UTF-8: where to cut it. */
function bytePlace(text: string, from: number, maxBytes: number): number {
  // A UTF-16 unit takes at most three bytes, so this many units always fit.
  let at = cutPlace(text, from + Math.floor(maxBytes / 3));
  let bytes = Buffer.byteLength(text.slice(from, at));
  while (at < text.length) {
    const char = String.fromCodePoint(text.codePointAt(at) ?? 0);
    bytes += Buffer.byteLength(char);
    if (bytes > maxBytes) break;
    at += char.length;
  }
  return at;
}

/** The beginning of a text, at most `maxBytes` bytes of UTF-8, cut between code points and well-formed. */
export function cutBytes(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return wellFormed(text);
  return wellFormed(text.slice(0, bytePlace(text, 0, maxBytes)));
}

/** The whole text in pieces of at most `maxBytes` bytes of UTF-8 (at least 4), cut between code points. */
export function splitBytes(text: string, maxBytes: number): string[] {
  const pieces: string[] = [];
  let from = 0;
  while (text.length - from > maxBytes || Buffer.byteLength(text.slice(from)) > maxBytes) {
    // A UTF-16 unit takes at most three bytes. What a piece could still hold is not worth looking for.
    let to = cutPlace(text, from + Math.floor(maxBytes / 3));
    if (to === from) to = cutPlace(text, from + 2);
    pieces.push(text.slice(from, to));
    from = to;
  }
  pieces.push(text.slice(from));
  return pieces;
}

/** JSON of a value, all of whose strings are well-formed. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  // JSON.stringify escapes no surrogate but one that stands alone.
  if (text === undefined || !text.includes("\\ud")) return text;
  return JSON.stringify(value, (_, part) => (typeof part === "string" ? wellFormed(part) : part));
}
