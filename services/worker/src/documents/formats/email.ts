import { decodeText, textEncodingOf } from "@millrace/documents";
import PostalMime, { type Address, type Email } from "postal-mime";
import { damaged, namesOf, type Reading, UnreadableDocument } from "./format.ts";
import { addHtml } from "./html-text.ts";
import { TextParts } from "./text-parts.ts";

/** Some programs write a short text next to the HTML that only says to look at the HTML. */
const STUB_SHARE = 0.3;
const MOST_LEVELS = 32;

function nameOf({ name, address, group }: Address): string {
  if (group !== undefined) return `${name}: ${group.map(nameOf).join(", ")}`;
  return name === "" || name === address ? (address ?? "") : `${name} <${address}>`;
}

function addHead({ subject, from, date }: Email, parts: TextParts): void {
  const fields = [
    ["Subject", subject],
    ["From", from === undefined ? undefined : nameOf(from)],
    ["Date", date],
  ];
  const lines = fields.flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [`${name}: ${value.replace(/\s+/g, " ")}`],
  );
  parts.paragraph(lines.join("\n"));
}

/** Adds the text of a message, or of its HTML if that is where the text is. */
function addBody({ text = "", html = "" }: Email, reading: Reading): void {
  const converted = new TextParts(reading.parts.check);
  addHtml(html, converted);
  const isStub = text.trim().length < converted.text.length * STUB_SHARE;
  reading.parts.paragraph(isStub ? converted.text : text.replace(/\r\n?/g, "\n"));
}

async function addMessage(bytes: Uint8Array, reading: Reading): Promise<string[]> {
  const email = await PostalMime.parse(bytes, { maxNestingDepth: MOST_LEVELS });
  const isEncrypted = email.attachments.some(({ mimeType }) =>
    /^application\/(x-)?(pkcs7-mime|pgp-encrypted)$/.test(mimeType),
  );
  if (isEncrypted && !email.text && !email.html) {
    const problem = "is encrypted: decrypt it in your mail program, and then submit it.";
    throw new UnreadableDocument("DOCUMENT_ENCRYPTED", problem);
  }
  addHead(email, reading.parts);
  addBody(email, reading);
  const attached = email.attachments.filter(({ related }) => related !== true);
  return attached.map(({ filename, mimeType }) => filename ?? mimeType);
}

/** Splits a mailbox, in which each message begins with a line "From ". Other content is one message. */
function* messagesOf(bytes: Uint8Array): Generator<Uint8Array> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  if (!/^From \S/.test(text)) {
    yield bytes;
    return;
  }
  const starts = [...text.matchAll(/(?:^|\n\r?\n)From \S+.*\d{4}[^\n]*\n/g)].map(
    ({ index, 0: line }) => ({ from: index, begins: index + line.length }),
  );
  for (const [index, { begins }] of starts.entries()) {
    yield bytes.subarray(begins, starts[index + 1]?.from ?? bytes.length);
  }
}

/** Reads an e-mail or a mailbox: subject, sender, date and text of each message. Attachments are only named. */
export async function readEmail(bytes: Uint8Array, reading: Reading): Promise<void> {
  const attached: string[] = [];
  const encoding = textEncodingOf(bytes) ?? "8-bit";
  const isWide = /^utf-(16|32)/.test(encoding);
  const messages = [
    ...messagesOf(isWide ? new TextEncoder().encode(decodeText(bytes, encoding)) : bytes),
  ];
  reading.setPages(messages.length, "messages");
  for (const [index, message] of messages.entries()) {
    attached.push(...(await addMessage(message, reading)));
    reading.progress(index + 1, messages.length);
  }
  if (messages.length === 0) throw damaged();
  if (attached.length > 0) {
    reading.warn(`Attachments are not read: ${namesOf(attached)}. Submit them as documents.`);
  }
}
