import { NonRetryableError } from "@millrace/worker-sdk";
import { getDocument, VerbosityLevel } from "pdfjs-dist/legacy/build/pdf.mjs";

export interface DocumentContent {
  readonly filename: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** Where executors get documents from. Undefined: the API key has no such document. */
export interface DocumentSource {
  read(id: string, keyId: string): Promise<DocumentContent | undefined>;
}

export interface DocumentText {
  /** Paragraphs are set apart by empty lines, pages too. */
  readonly text: string;
  /** 1 for what has no pages. */
  readonly pages: number;
}

const textTypes = new Set(["text/plain", "text/markdown", "text/x-markdown"]);
const startsAsPdf = (bytes: Uint8Array) => Buffer.from(bytes.subarray(0, 1_024)).includes("%PDF-");

async function pdfText(
  name: string,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<DocumentText> {
  // pdf.js takes ownership of the buffer it is given.
  const task = getDocument({
    data: Uint8Array.from(bytes),
    verbosity: VerbosityLevel.ERRORS,
    useSystemFonts: false,
    disableFontFace: true,
  });
  try {
    const pdf = await task.promise;
    const pages: string[] = [];
    for (let number = 1; number <= pdf.numPages; number += 1) {
      signal.throwIfAborted();
      const page = await pdf.getPage(number);
      const { items } = await page.getTextContent();
      pages.push(items.map((i) => ("str" in i ? i.str + (i.hasEOL ? "\n" : "") : "")).join(""));
      page.cleanup();
    }
    return { text: pages.join("\n\n"), pages: pdf.numPages };
  } catch (error) {
    signal.throwIfAborted();
    const cause = { cause: error };
    if (error instanceof Error && error.name === "PasswordException") {
      const message = `${name} is encrypted: remove its password and submit it again.`;
      throw new NonRetryableError("DOCUMENT_ENCRYPTED", message, cause);
    }
    const message = `${name} is damaged: it cannot be read as a PDF.`;
    throw new NonRetryableError("DOCUMENT_UNREADABLE", message, cause);
  } finally {
    await task.destroy();
  }
}

function plainText(name: string, bytes: Uint8Array): DocumentText {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), pages: 1 };
  } catch (cause) {
    const message = `${name} is not UTF-8 text.`;
    throw new NonRetryableError("DOCUMENT_UNREADABLE", message, { cause });
  }
}

/** The text of a PDF, Markdown or plain text document. Throws NonRetryableError if it has none. */
export async function documentText(
  { filename, contentType, bytes }: DocumentContent,
  signal: AbortSignal,
): Promise<DocumentText> {
  const name = `The document "${filename}"`;
  const type = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (bytes.length === 0) throw new NonRetryableError("DOCUMENT_EMPTY", `${name} is empty.`);
  const isPdf = startsAsPdf(bytes);
  if (isPdf !== (type === "application/pdf") || (!isPdf && !textTypes.has(type))) {
    const message = `${name} was declared as ${type}, and its content is not a PDF, Markdown or plain text of that type.`;
    throw new NonRetryableError("DOCUMENT_TYPE_MISMATCH", message);
  }
  const result = isPdf ? await pdfText(name, bytes, signal) : plainText(name, bytes);
  if (!/[\p{L}\p{N}]/u.test(result.text)) {
    const message = `${name} holds no text: if it is scanned, run text recognition over it first.`;
    throw new NonRetryableError("DOCUMENT_NO_TEXT", message);
  }
  return result;
}
