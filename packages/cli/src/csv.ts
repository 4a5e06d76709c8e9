/** Comma-separated values (RFC 4180), the header first. */
export const csv = (lines: readonly (readonly string[])[]): string =>
  lines.map((cells) => cells.map(quoted).join(",")).join("\n");

/** A spreadsheet would run a text that begins like a formula, so such a text begins with an apostrophe. */
function quoted(cell: string): string {
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
