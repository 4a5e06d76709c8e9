import { stripVTControlCharacters } from "node:util";

/**
 * C0 and C1 control characters but tab and newline, DEL, line and paragraph separators, and the marks,
 * embeddings, overrides and isolates that reorder bidirectional text.
 */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text from elsewhere, safe for a terminal: nothing in it moves the cursor, recolours, retitles or reorders. */
export const printable = (text: string): string =>
  stripVTControlCharacters(text).replace(UNSAFE, "\ufffd");

/** As printable, and each of its lines but the first is indented: no line of it looks like one of this program's. */
export const printableBlock = (text: string, indent = 2): string =>
  printable(text).replaceAll("\n", `\n${" ".repeat(indent)}`);

/** JSON that says the same, safe for a terminal: what is unsafe in its strings is escaped. */
export const printableJson = (value: unknown, space?: number): string =>
  (JSON.stringify(value, bytesAsBase64, space) ?? "null").replace(
    UNSAFE,
    (unsafe) => `\\u${unsafe.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** Looks at what holds the value: a Buffer has turned itself into an object before this is given it. */
function bytesAsBase64(this: Readonly<Record<string, unknown>>, key: string, value: unknown) {
  const held = this[key];
  return held instanceof Uint8Array ? Buffer.from(held).toString("base64") : value;
}
