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
    const message = `${name} holds ${text.length} characters, and the limit is ${limits.characters}: split it into several documents.`;
    return { kind: "refused", reason: "TOO_LARGE", message };
  }
  return { kind: "text", text, pages: 1 };
}

/**
 * Reads the text of a PDF, Markdown or plain text document. Call it only in threads: a hostile document may take any
 * time.
 */
export async function readDocument(
  { filename, contentType, bytes, limits }: ReadDocumentInput,
  progress: Progress,
): Promise<DocumentReading> {
  const name = `The document "${filename}"`;
  const type = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (bytes.length === 0) {
    const message = `${name} is empty: submit it with content.`;
    return { kind: "refused", reason: "DOCUMENT_EMPTY", message };
  }
  const isPdf = startsAsPdf(bytes);
  if (isPdf !== (type === "application/pdf") || (!isPdf && !textTypes.has(type))) {
    const message = `${name} was declared as ${type}, but its content is not of that type: submit it with its actual type, which must be PDF, Markdown or plain text.`;
    return { kind: "refused", reason: "DOCUMENT_TYPE_MISMATCH", message };
  }
  let reading: DocumentReading;
  if (isPdf) {
    // The PDF library is large, so it is loaded only when it is needed.
    const { pdfText } = await import("./pdf/pdf-text.ts");
    reading = await pdfText(name, bytes, { limits, progress });
  } else reading = plainText(name, bytes, limits);
  if (reading.kind === "text" && !/[\p{L}\p{N}]/u.test(reading.text)) {
    const message = `${name} holds no text: if it is scanned, run text recognition over it first.`;
    return { kind: "refused", reason: "DOCUMENT_NO_TEXT", message };
  }
  return reading;
}
