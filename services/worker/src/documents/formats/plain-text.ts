import { decode } from "./decode.ts";
import type { Reading } from "./format.ts";

/** Reads plain text and Markdown, which stay as they are. */
export function readPlainText(bytes: Uint8Array, reading: Reading): void {
  reading.parts.verbatim(decode(bytes, reading));
}
