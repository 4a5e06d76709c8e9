import { decodeText, textEncodingOf } from "@millrace/documents";
import { detect } from "jschardet";
import { damaged, type Reading, UnreadableDocument } from "./format.ts";

/** The detection compares statistics, for which so much is enough. */
const SAMPLE_BYTES = 128 * 1_024;
/** With so few damaged characters for each whole one, a text is UTF-8 that was cut or joined, and nothing else. */
const DAMAGED_SHARE = 0.1;

/** Encodings that the detection calls by names of its own. */
const names: Readonly<Record<string, string>> = {
  cp932: "shift_jis",
  cp949: "euc-kr",
  cp874: "windows-874",
  "tis-620": "windows-874",
  maccyrillic: "x-mac-cyrillic",
  macroman: "macintosh",
  johab: "euc-kr",
};

/** The name by which an encoding can be decoded. Undefined for an encoding that is not known. */
export function encodingNamed(label: string): string | undefined {
  const name = label.trim().toLowerCase();
  try {
    return new TextDecoder(names[name] ?? name).encoding;
  } catch {
    return undefined;
  }
}

/** Whether bytes over 0x7f are nearly all characters of UTF-8. */
function isDamagedUtf8(bytes: Uint8Array): boolean {
  const text = new TextDecoder("utf-8").decode(bytes);
  const wide = text.match(/[^\p{ASCII}]/gu)?.length ?? 0;
  const broken = text.match(/\ufffd/g)?.length ?? 0;
  return wide > broken && broken <= (wide - broken) * DAMAGED_SHARE;
}

/** Japanese mail has shifted between ASCII and two bytes for a character, by escapes, since before UTF-8. */
const hasEscapes = (bytes: Uint8Array) => Buffer.from(bytes).includes("\u001b$");

/** The encodings of mainframes, in which even the ASCII characters differ. They cannot be decoded here. */
const MAINFRAME = /^(cp|ibm)?(037|273|500|875|1026|1140)$/i;

function guess(bytes: Uint8Array): string {
  // Where a character is cut, the detection would see a mistake.
  const end = bytes.lastIndexOf(0x0a, SAMPLE_BYTES);
  const sample = bytes.subarray(0, bytes.length > SAMPLE_BYTES && end > 0 ? end + 1 : SAMPLE_BYTES);
  const detected = detect(Buffer.from(sample)).encoding ?? "windows-1252";
  if (MAINFRAME.test(detected)) {
    const problem = `is text in an encoding that cannot be read, probably ${detected}: save it as UTF-8, and then submit it.`;
    throw new UnreadableDocument("DOCUMENT_UNREADABLE", problem);
  }
  const encoding = encodingNamed(detected) ?? "windows-1252";
  const plain = decodeText(sample, "windows-1252");
  return decodeText(sample, encoding) === plain ? "windows-1252" : encoding;
}

const isWellFormed = (bytes: Uint8Array, encoding: string) => {
  try {
    new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
};

/**
 * Decodes text: by its byte order mark, as UTF-8, as UTF-16, by `declared`, or by a guess, which becomes a warning.
 * Throws UnreadableDocument if the bytes are not text.
 */
export function decode(bytes: Uint8Array, reading: Reading, declared?: string): string {
  const encoding = textEncodingOf(bytes);
  if (encoding === undefined) throw damaged();
  const label = declared === undefined ? undefined : encodingNamed(declared);
  if (encoding === "utf-8" && isWellFormed(bytes, "utf-8")) {
    const shifted = label === "iso-2022-jp" || (label === undefined && hasEscapes(bytes));
    if (!shifted) return decodeText(bytes, "utf-8");
    return decodeText(bytes, label ?? guess(bytes));
  }
  if (encoding.startsWith("utf-16") || encoding.startsWith("utf-32")) {
    return decodeText(bytes, encoding);
  }
  // If only the end of the text is not UTF-8, the last character was cut.
  if (encoding === "utf-8" || isDamagedUtf8(bytes)) {
    reading.warn("Some characters are not valid UTF-8 and are replaced by \ufffd.");
    return decodeText(bytes, "utf-8");
  }
  if (label !== undefined && label !== "utf-8" && isWellFormed(bytes, label)) {
    return decodeText(bytes, label);
  }
  const guessed = guess(bytes);
  reading.warn(
    `The text is not UTF-8. It was read as ${guessed}, which is a guess: save it as UTF-8 if characters are wrong.`,
  );
  return decodeText(bytes, guessed);
}
