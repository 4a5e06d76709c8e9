import type { PDFDocumentProxy } from "pdfjs-dist/legacy/build/pdf.mjs";
import type { DocumentLimits, DocumentReading } from "../document-reading.ts";

/** A warning names at most so many files of a portfolio. */
const namedFiles = 5;

/** The files of a portfolio have at most so many warnings together. */
const mostWarnings = 20;

type ReadPart = (
  name: string,
  bytes: Uint8Array,
  limits: DocumentLimits,
) => Promise<DocumentReading>;

const isPdf = (bytes: Uint8Array) => Buffer.from(bytes.subarray(0, 1_024)).includes("%PDF-");

function leftOut(files: readonly string[], of: number): string[] {
  if (files.length === 0) return [];
  const named = files.slice(0, namedFiles).map((file) => `"${file.slice(0, 100)}"`);
  const more = files.length > namedFiles ? " and others" : "";
  return [
    `${files.length} of the ${of} files in the portfolio are left out: ${named.join(", ")}${more}.`,
  ];
}

/**
 * Reads the PDF files of a portfolio: a PDF whose own pages only say that it holds other files. The limits hold for all
 * of them together.
 */
export async function readPortfolio(
  name: string,
  pdf: PDFDocumentProxy,
  limits: DocumentLimits,
  read: ReadPart,
): Promise<DocumentReading> {
  const files = [...((await pdf.getAttachments()) ?? new Map()).entries()];
  const texts: string[] = [];
  const warnings: string[] = [];
  const unread: string[] = [];
  let { pages: pagesLeft, characters: charactersLeft } = limits;
  for (const [id, { filename = id }] of files) {
    const bytes = (await pdf.getAttachmentContent(id)) ?? new Uint8Array();
    if (!isPdf(bytes)) {
      unread.push(filename);
      continue;
    }
    const rest = { pages: pagesLeft, characters: charactersLeft };
    const reading = await read(`${name}, in its file "${filename}",`, bytes, rest);
    if (reading.kind === "refused" && reading.reason === "TOO_LARGE") return reading;
    if (reading.kind === "refused") {
      unread.push(filename);
      continue;
    }
    texts.push(reading.text);
    pagesLeft -= reading.pages;
    charactersLeft -= reading.text.length;
    warnings.push(...(reading.warnings ?? []).map((warning) => `File "${filename}": ${warning}`));
  }
  if (texts.length === 0) {
    const message = `${name} is a PDF portfolio, and its own pages are not its content: extract the files that it holds, and submit each of them.`;
    return { kind: "refused", reason: "DOCUMENT_UNREADABLE", message };
  }
  warnings.splice(mostWarnings, Infinity);
  warnings.push(...leftOut(unread, files.length));
  const reading = {
    ...{ kind: "text" as const, text: texts.join("\n\n"), pages: limits.pages - pagesLeft },
  };
  return warnings.length === 0 ? reading : { ...reading, warnings };
}
