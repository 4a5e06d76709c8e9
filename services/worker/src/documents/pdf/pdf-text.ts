import {
  getDocument,
  type PDFDocumentProxy,
  VerbosityLevel,
} from "pdfjs-dist/legacy/build/pdf.mjs";
import type { Progress } from "../../threads/progress.ts";
import type { DocumentLimits, DocumentReading } from "../document-reading.ts";
import { flowText } from "./flow-text.ts";
import { withoutFurniture } from "./page-furniture.ts";
import { type Line, linesOf } from "./page-lines.ts";
import { pageWarning } from "./page-warnings.ts";

const refused = (reason: string, message: string): DocumentReading => ({
  kind: "refused",
  reason,
  message,
});

const damaged = (name: string) =>
  refused(
    "DOCUMENT_UNREADABLE",
    `${name} is damaged: it cannot be read as a PDF. Save or export it again, and then submit it.`,
  );

/** Whether to report progress at this page: the first, the last, and about twenty between. */
const isMilestone = (done: number, total: number) =>
  done === 1 || Math.floor((done * 20) / total) > Math.floor(((done - 1) * 20) / total);

/** Extracts the text of a PDF. `bytes` cannot be used afterwards. */
export async function pdfText(
  name: string,
  bytes: Uint8Array,
  limits: DocumentLimits,
  progress: Progress,
): Promise<DocumentReading> {
  const task = getDocument({
    data: bytes,
    verbosity: VerbosityLevel.ERRORS,
    useSystemFonts: false,
    disableFontFace: true,
  });
  try {
    return await readPages(name, await task.promise, limits, progress);
  } catch (error) {
    if (error instanceof Error && error.name === "PasswordException") {
      const message = `${name} is encrypted: remove its password and submit it again.`;
      return refused("DOCUMENT_ENCRYPTED", message);
    }
    return damaged(name);
  } finally {
    await task.destroy();
  }
}

/** Reads one page. A damaged page must not cost the others, so it is undefined. */
async function readPage(pdf: PDFDocumentProxy, number: number): Promise<Line[] | undefined> {
  try {
    const page = await pdf.getPage(number);
    const lines = linesOf((await page.getTextContent()).items);
    page.cleanup();
    return lines;
  } catch {
    return undefined;
  }
}

async function readPages(
  name: string,
  pdf: PDFDocumentProxy,
  limits: DocumentLimits,
  progress: Progress,
): Promise<DocumentReading> {
  if (pdf.numPages > limits.pages) {
    const message = `${name} has ${pdf.numPages} pages, and the limit is ${limits.pages}: split it into several documents.`;
    return refused("TOO_LARGE", message);
  }
  const pages: Line[][] = [];
  const unreadable: number[] = [];
  let characters = 0;
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const lines = await readPage(pdf, number);
    if (lines === undefined) unreadable.push(number);
    characters = (lines ?? []).reduce((sum, { text }) => sum + text.length + 1, characters);
    if (characters > limits.characters) {
      const message = `${name} holds more than the limit of ${limits.characters} characters of text by page ${number} of ${pdf.numPages}: split it into several documents.`;
      return refused("TOO_LARGE", message);
    }
    pages.push(lines ?? []);
    if (isMilestone(number, pdf.numPages)) progress(number, pdf.numPages);
  }
  if (unreadable.length === pdf.numPages) return damaged(name);
  const warnings = [
    ...pageWarning(unreadable, "cannot be read and is left out", "cannot be read and are left out"),
  ];
  const text = flowText(withoutFurniture(pages));
  // If a document consists only of running heads and feet, these are its text.
  const whole = text === "" ? flowText(pages) : text;
  const reading = { kind: "text" as const, text: whole, pages: pdf.numPages };
  return warnings.length === 0 ? reading : { ...reading, warnings };
}
