/**
 * Tells text from binary content, and finds the encodings that need no statistics. Which encoding of 8 bits a text has
 * can only be guessed. Whoever reads the whole text does that.
 */

/** Texts of terminals and old printers have a few control characters. Binary content has many. */
const CONTROLS_SHARE = 0.002;
/** With a byte order mark, a text may be damaged to this extent. */
const DAMAGED_SHARE = 0.05;
/** The least share of ASCII and of the punctuation of East Asia in text of 16 bits, in any script. */
const COMMON_SHARE = 0.01;

/** 1 for each byte that is a control character, except white space, the escape of ISO 2022 and the end of a DOS file. */
const CONTROLS = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 && !(byte >= 0x08 && byte <= 0x0d) && byte !== 0x1b && byte !== 0x1a ? 1 : 0,
);

export function controlsIn(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at += 1) count += CONTROLS[bytes[at] ?? 0] ?? 0;
  return count;
}

export const hasTooManyControls = (controls: number, length: number): boolean =>
  controls > length * CONTROLS_SHARE;

/** The encodings that are certain. `8-bit` is any other: a code page, or one of several bytes for a character. */
export type TextEncoding = "utf-8" | "utf-16le" | "utf-16be" | "utf-32le" | "utf-32be" | "8-bit";

const marks: readonly (readonly [string, TextEncoding])[] = [
  ["efbbbf", "utf-8"],
  ["fffe0000", "utf-32le"],
  ["0000feff", "utf-32be"],
  ["fffe", "utf-16le"],
  ["feff", "utf-16be"],
];

/** Decodes text of a known encoding. What is damaged becomes U+FFFD, and a byte order mark is left out. */
export function decodeText(bytes: Uint8Array, encoding: string): string {
  if (!encoding.startsWith("utf-32")) return new TextDecoder(encoding).decode(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length & ~3);
  let text = "";
  for (let at = 0; at < view.byteLength; at += 4) {
    const point = view.getUint32(at, encoding === "utf-32le");
    const valid = point < 0xd800 || (point > 0xdfff && point <= 0x10ffff);
    text += valid ? String.fromCodePoint(point) : "\ufffd";
  }
  return text.replace(/^\ufeff/, "");
}

/** Control characters, private use, what is damaged, and code points that are no characters. */
const NO_TEXT = /\p{Co}|\p{Cn}|\p{Cs}|\ufffd|(?![\s\u0085])\p{Cc}/gu;
const COMMON = /[\t\r\n -~\u3000-\u3002\uff0c]/gu;
const shareOf = (text: string, pattern: RegExp) => (text.match(pattern)?.length ?? 0) / text.length;

/**
 * Finds UTF-16 without a byte order mark. In the wrong order of bytes, spaces and punctuation become other characters.
 * So the right order is the one that gives more of them.
 */
function unmarked16(bytes: Uint8Array): TextEncoding | undefined {
  if (bytes.length % 2 !== 0) return undefined;
  const share = (encoding: TextEncoding) => {
    const text = decodeText(bytes, encoding);
    // A character that the end of the window cuts does not count.
    const whole = text.replace(/\ufffd$/, "");
    if (whole === "" || shareOf(whole, NO_TEXT) > CONTROLS_SHARE) return 0;
    return shareOf(whole, COMMON);
  };
  const [little, big] = [share("utf-16le"), share("utf-16be")];
  if (Math.max(little, big) < COMMON_SHARE) return undefined;
  return little >= big ? "utf-16le" : "utf-16be";
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    // With `stream`, a character that the end of the window cuts is no error.
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return !bytes.includes(0);
  } catch {
    return false;
  }
}

/** Returns the encoding of a text or of its first bytes. Undefined if the content is not text. */
export function textEncodingOf(bytes: Uint8Array): TextEncoding | undefined {
  const start = Buffer.from(bytes.subarray(0, 4)).toString("hex");
  const [, marked] = marks.find(([mark]) => start.startsWith(mark)) ?? [];
  if (marked !== undefined) {
    const text = decodeText(bytes.subarray(0, bytes.length & ~3), marked);
    return shareOf(text, NO_TEXT) > DAMAGED_SHARE ? undefined : marked;
  }
  if (isUtf8(bytes)) return "utf-8";
  // Latin letters and spaces of 16 bits have a zero byte, and most other scripts have bytes of control characters.
  if (hasTooManyControls(controlsIn(bytes), bytes.length)) return unmarked16(bytes);
  // So few bytes say nothing if most of them are not ASCII.
  const isShort = bytes.length < 16;
  const high = isShort ? bytes.filter((byte) => byte >= 0x80).length : 0;
  return high * 2 > bytes.length ? undefined : "8-bit";
}
