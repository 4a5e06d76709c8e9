import type { Progress } from "../threads/progress.ts";
import type { DocumentLimits, DocumentReading } from "./document-reading.ts";

export interface ReadDocumentInput {
  readonly filename: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  readonly limits: DocumentLimits;
}

const textTypes = new Set(["text/plain", "text/markdown", "text/x-markdown"]);
const startsAsPdf = (bytes: Uint8Array) => Buffer.from(bytes.subarray(0, 1_024)).includes("%PDF-");

function plainText(name: string, bytes: Uint8Array, limits: DocumentLimits): DocumentReading {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const message = `${name} is not UTF-8 text: convert it to UTF-8 and submit it again.`;
    return { kind: "refused", reason: "DOCUMENT_UNREADABLE", message };
  }
  if (text.length > limits.characters) {
    const message = `${name} holds ${text.length} characters, and ${limits.characters} are allowed: split it into several.`;
    return { kind: "refused", reason: "TOO_LARGE", message };
  }
  return { kind: "text", text, pages: 1 };
}

/** The text of a PDF, Markdown or plain text document. For threads alone: it takes as long as the document is hostile. */
export async function readDocument(
  { filename, contentType, bytes, limits }: ReadDocumentInput,
  progress: Progress,
): Promise<DocumentReading> {
  const name = `The document "${filename}"`;
  const type = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (bytes.length === 0) {
    const message = `${name} is empty.`;
    return { kind: "refused", reason: "DOCUMENT_EMPTY", message };
  }
  const isPdf = startsAsPdf(bytes);
  if (isPdf !== (type === "application/pdf") || (!isPdf && !textTypes.has(type))) {
    const message = `${name} was declared as ${type}, and its content is not a PDF, Markdown or plain text of that type: submit it with the type that it has.`;
    return { kind: "refused", reason: "DOCUMENT_TYPE_MISMATCH", message };
  }
  let reading: DocumentReading;
  if (isPdf) {
    // Only where it is needed: it is large.
    const { pdfText } = await import("./pdf-text.ts");
    reading = await pdfText(name, bytes, limits, progress);
  } else reading = plainText(name, bytes, limits);
  if (reading.kind === "text" && !/[\p{L}\p{N}]/u.test(reading.text)) {
    const message = `${name} holds no text: if it is scanned, run text recognition over it first.`;
    return { kind: "refused", reason: "DOCUMENT_NO_TEXT", message };
  }
  return reading;
}
