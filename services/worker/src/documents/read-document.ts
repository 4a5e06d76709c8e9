import {
  ContentCheck,
  contentTypeNamed,
  contentTypes,
  type DocumentContentType,
  isImage,
  isText,
  isTextual,
  typeNames,
  typeOfContent,
} from "@millrace/documents";
import type { Progress } from "../threads/progress.ts";
import type { DocumentLimits, DocumentReading, RecognisedPages } from "./document-reading.ts";
import { type FormatReader, Reading, UnreadableDocument } from "./formats/format.ts";

export interface ReadDocumentInput {
  readonly filename: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  readonly limits: DocumentLimits;
  /** What text recognition has read of a PDF or an image. */
  readonly recognised?: RecognisedPages;
}

type Readable = Exclude<keyof typeof contentTypes, "pdf" | "png" | "jpeg" | "tiff">;
const openDocument = async () =>
  (await import("./formats/office/open-document.ts")).readOpenDocument;
const plainText = async () => (await import("./formats/plain-text.ts")).readPlainText;

/** The reader of each format. Readers and their libraries are loaded only when they are needed. */
const readers: Readonly<Record<Readable, () => Promise<FormatReader>>> = {
  text: plainText,
  markdown: plainText,
  html: async () => (await import("./formats/html.ts")).readHtml,
  email: async () => (await import("./formats/email.ts")).readEmail,
  rtf: async () => (await import("./formats/rtf.ts")).readRtf,
  docx: async () => (await import("./formats/office/docx.ts")).readDocx,
  pptx: async () => (await import("./formats/office/pptx.ts")).readPptx,
  xlsx: async () => (await import("./formats/office/xlsx.ts")).readXlsx,
  odt: openDocument,
  odp: openDocument,
  ods: openDocument,
  epub: async () => (await import("./formats/office/epub.ts")).readEpub,
};

const readerOf = (type: DocumentContentType) => {
  const [, reader] = Object.entries(readers).find(
    ([name]) => contentTypes[name as Readable] === type,
  ) ?? ["", plainText];
  return reader();
};

const refused = (reason: string, message: string): DocumentReading => ({
  kind: "refused",
  reason,
  message,
});

/** Characters that no text has, but that a result could not be stored with, or that a terminal would obey. */
const CONTROLS = /(?![\t\n\r])\p{Cc}/gu;
const cleaned = (text: string) =>
  text
    .toWellFormed()
    .replace(/[\f\v]/g, "\n")
    .replace(CONTROLS, "");

async function readFormat(
  type: DocumentContentType,
  { bytes, limits }: ReadDocumentInput,
  progress: Progress,
): Promise<DocumentReading> {
  const reading = new Reading(limits, progress);
  const read = await readerOf(type);
  await read(bytes, reading);
  const { warnings, pages, parts } = reading;
  const result = { kind: "text" as const, text: cleaned(parts.text), pages };
  return warnings.length === 0 ? result : { ...result, warnings };
}

/** Reads content of a type that is known. */
async function readType(
  type: DocumentContentType,
  name: string,
  input: ReadDocumentInput,
  progress: Progress,
): Promise<DocumentReading> {
  if (type === contentTypes.pdf) {
    const { pdfText } = await import("./pdf/pdf-text.ts");
    const { bytes, limits, recognised } = input;
    return pdfText(name, bytes, { limits, progress, recognised });
  }
  if (isImage(type)) {
    const { readImage } = await import("./image/read-image.ts");
    const { bytes, limits, recognised } = input;
    return readImage(name, type, bytes, { limits, recognised });
  }
  try {
    return await readFormat(type, input, progress);
  } catch (error) {
    if (error instanceof UnreadableDocument) {
      return refused(error.reason, `${name} ${error.problem}`);
    }
    throw error;
  }
}

/**
 * Reads the text of a document by what its content is. The declared type matters for texts only. Call it only in threads:
 * a hostile document may take any time.
 */
export async function readDocument(
  input: ReadDocumentInput,
  progress: Progress,
): Promise<DocumentReading> {
  const { filename, contentType, bytes } = input;
  const name = `The document "${filename}"`;
  if (bytes.length === 0) {
    return refused("DOCUMENT_EMPTY", `${name} is empty: submit it with content.`);
  }
  const declared = contentTypeNamed(contentType);
  const check = new ContentCheck();
  check.add(bytes);
  const type = await typeOfContent(check, bytes, { name: filename, contentType: declared });
  if (typeof type !== "string") return refused(type.reason, `${name} ${type.problem}.`);
  const holds =
    declared === undefined ? isTextual(contentType) : declared === type || isText(declared);
  if (!holds) {
    const message = `${name} was declared as ${contentType}, but its content is of the type ${type}: submit it with its actual type, which must be ${typeNames}.`;
    return refused("DOCUMENT_TYPE_MISMATCH", message);
  }
  const reading = await readType(type, name, input, progress);
  if (reading.kind === "text" && !/[\p{L}\p{N}]/u.test(reading.text)) {
    const message = `${name} holds no text: if it is scanned, run text recognition over it first.`;
    const { withoutText = [] } = reading;
    return { ...refused("DOCUMENT_NO_TEXT", message), withoutText };
  }
  return reading;
}
