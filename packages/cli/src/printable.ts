import { stripVTControlCharacters } from "node:util";

/**
 * C0 and C1 control characters except tab and newline, DEL, line and paragraph separators, and the marks,
 * embeddings, overrides and isolates that reorder bidirectional text.
 */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression must match control characters
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Makes foreign text safe for a terminal: it cannot move the cursor, change colours or the title, or reorder text. */
export const printable = (text: string): string =>
  stripVTControlCharacters(text).replace(UNSAFE, "\ufffd");

/** Like `printable`, and indents every line but the first. So no line of the text looks like a line of this program. */
export const printableBlock = (text: string, indent = 2): string =>
  printable(text).replaceAll("\n", `\n${" ".repeat(indent)}`);

/** Writes JSON that is safe for a terminal and keeps its meaning: unsafe characters in strings are escaped. */
export const printableJson = (value: unknown, space?: number): string =>
  (JSON.stringify(value, bytesAsBase64, space) ?? "null").replace(
    UNSAFE,
    (unsafe) => `\\u${unsafe.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** Reads the value from its parent, because a Buffer has already converted itself to an object in `value`. */
function bytesAsBase64(this: Readonly<Record<string, unknown>>, key: string, value: unknown) {
  const original = this[key];
  return original instanceof Uint8Array ? Buffer.from(original).toString("base64") : value;
}
