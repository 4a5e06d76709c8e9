/**
 * All cutting of text is here, and all repair of ill-formed text. A JavaScript string can hold half of a
 * surrogate pair. JSON.stringify writes it as `\ud83d`, which decoders in other languages refuse.
 */

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/** Whether a cut before the UTF-16 unit at `index` would split a surrogate pair. */
const splitsPair = (text: string, index: number): boolean =>
  index > 0 &&
  isLowSurrogate(text.charCodeAt(index)) &&
  isHighSurrogate(text.charCodeAt(index - 1));

/** Replaces each lone surrogate by U+FFFD. */
export const wellFormed = (text: string): string => text.toWellFormed();

/** Returns the largest index up to `units` at which the text may be cut. */
export const cutPlace = (text: string, units: number): number =>
  splitsPair(text, units) ? units - 1 : Math.min(units, text.length);

/** Returns the beginning of a text, at most `chars` UTF-16 units, cut between code points and well-formed. */
export const cutChars = (text: string, chars: number): string =>
  wellFormed(text.slice(0, cutPlace(text, chars)));

/** Returns the index up to which `text`, starting at `from`, takes at most `maxBytes` bytes of UTF-8. */
function bytePlace(text: string, from: number, maxBytes: number): number {
  // A UTF-16 unit takes at most three bytes, so this many units always fit.
  let end = cutPlace(text, from + Math.floor(maxBytes / 3));
  let bytes = Buffer.byteLength(text.slice(from, end));
  while (end < text.length) {
    const char = String.fromCodePoint(text.codePointAt(end) ?? 0);
    bytes += Buffer.byteLength(char);
    if (bytes > maxBytes) break;
    end += char.length;
  }
  return end;
}

/** Returns the beginning of a text, at most `maxBytes` bytes of UTF-8, cut between code points and well-formed. */
export function cutBytes(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return wellFormed(text);
  return wellFormed(text.slice(0, bytePlace(text, 0, maxBytes)));
}

/**
 * Makes valid text of pieces that arrive one after another: a surrogate pair that is split over two pieces is joined, half
 * of a pair becomes U+FFFD, and NUL is left out, because many programs and databases refuse it.
 */
export class ValidText {
  #half = "";

  /** Returns the valid text that `piece` completes. */
  push(piece: string): string {
    const text = this.#half + piece.replaceAll("\0", "");
    const cut = isHighSurrogate(text.charCodeAt(text.length - 1)) ? text.length - 1 : text.length;
    this.#half = text.slice(cut);
    return wellFormed(text.slice(0, cut));
  }

  /** Returns what is left after the last piece. */
  end(): string {
    const rest = wellFormed(this.#half);
    this.#half = "";
    return rest;
  }
}

/** Splits the whole text into pieces of at most `maxBytes` bytes of UTF-8 (at least 4), cut between code points. */
export function splitBytes(text: string, maxBytes: number): string[] {
  const pieces: string[] = [];
  let from = 0;
  while (text.length - from > maxBytes || Buffer.byteLength(text.slice(from)) > maxBytes) {
    // A UTF-16 unit takes at most three bytes. Filling each piece to its limit is not worth the search.
    let to = cutPlace(text, from + Math.floor(maxBytes / 3));
    if (to === from) to = cutPlace(text, from + 2);
    pieces.push(text.slice(from, to));
    from = to;
  }
  pieces.push(text.slice(from));
  return pieces;
}

/** Writes a value as JSON in which all strings are well-formed. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  // JSON.stringify escapes only lone surrogates, so other text needs no second pass.
  if (text === undefined || !text.includes("\\ud")) return text;
  return JSON.stringify(value, (_, part) => (typeof part === "string" ? wellFormed(part) : part));
}
