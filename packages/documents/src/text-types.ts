/** Tells by the beginning of a text whether it is more than plain text. */

export const looksLikeRtf = (text: string): boolean => /^\s*\{\\rtf\d?/.test(text);

/**
 * Whether a text is a whole HTML page. Markdown may begin with any other element, so fragments of HTML do not count.
 * Declarations and comments may come first.
 */
export function looksLikeHtml(text: string): boolean {
  let rest = text;
  for (let before = ""; rest !== before; ) {
    before = rest;
    rest = rest.replace(/^\s+|^<\?xml[^>]{0,200}\?>|^<!--[\s\S]*?-->/i, "");
  }
  return /^<(!doctype\s+html|html|head|body)[\s>]/i.test(rest);
}

/** Header fields that no note of a person begins with by chance, if there are two of them. */
const FIELDS = new Set([
  ...["from", "to", "cc", "bcc", "reply-to", "sender", "subject", "date", "message-id", "received"],
  ...["mime-version", "content-type", "content-transfer-encoding", "return-path", "delivered-to"],
  ...["in-reply-to", "references", "dkim-signature", "x-mailer", "thread-topic"],
]);
/** An e-mail has at least one of these. Without them the fields may be of any record. */
const TELLING = new Set([
  ...["from", "message-id", "received", "mime-version", "return-path", "delivered-to"],
]);

/** Whether a text begins with the header of an e-mail: fields with their folded lines, and then an empty line. */
export function looksLikeEmail(text: string): boolean {
  const lines = text.replace(/^\s+/, "").split(/\r\n|\r|\n/);
  if (/^From \S+.*\d{4}/.test(lines[0] ?? "")) lines.shift();
  const seen = new Set<string>();
  for (const line of lines) {
    const field = /^([!-9;-~]+)[ \t]*:/.exec(line)?.[1]?.toLowerCase();
    if (field !== undefined && FIELDS.has(field)) seen.add(field);
    const isHeader = field !== undefined || (seen.size > 0 && /^[ \t]+\S/.test(line));
    if (!isHeader) break;
  }
  return seen.size > 1 && [...TELLING].some((field) => seen.has(field));
}
