import { cutBytes } from "@millrace/shared";

/** How much of an answer's body is kept. */
export const KEPT_BYTES = 1_024;

/** Returns the beginning of a body as well-formed text without control characters. A compressed body gives the empty text. */
export function answerText(bytes: Buffer, encoding: string | undefined): string {
  if (encoding !== undefined && encoding.trim().toLowerCase() !== "identity") return "";
  // In a stream, a character that is cut off at the end is left out.
  const text = new TextDecoder().decode(bytes, { stream: bytes.length === KEPT_BYTES });
  // Each byte that is not UTF-8 becomes a character of three bytes.
  return cutBytes(text.replaceAll(/\p{Cc}+/gu, " ").trim(), KEPT_BYTES);
}
