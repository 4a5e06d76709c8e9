import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import {
  getDocument,
  type PDFDocumentProxy,
  VerbosityLevel,
} from "pdfjs-dist/legacy/build/pdf.mjs";
import type { Progress } from "../../threads/progress.ts";
import type { DocumentLimits, DocumentReading } from "../document-reading.ts";
import { flowText } from "./flow-text.ts";
import { withoutFurniture } from "./page-furniture.ts";
import type { Line } from "./page-lines.ts";
import { pageWarning } from "./page-warnings.ts";
import { type PiecesByDirection, piecesOf } from "./pieces.ts";
import { blocksOf } from "./reading-order.ts";
import { withoutRepeats } from "./repeated-pieces.ts";
import { type Run, rowsOf, runsOf } from "./runs.ts";

/**
 * The maps from codes to characters that fonts of Chinese, Japanese and Korean name but do not hold. The library has fonts of its
 * own as well, `standardFontDataUrl`: with them it would prefer a wrong map in some files.
 */
const cMapUrl = join(
  dirname(createRequire(import.meta.url).resolve("pdfjs-dist/package.json")),
  "cmaps/",
);

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
    cMapUrl,
    cMapPacked: true,
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

/** The runs of a page by the direction of their lines: that of most text first. */
type PageRuns = readonly (readonly Run[])[];

/** Reads one page. A damaged page must not cost the others, so it is undefined. */
async function readPage(pdf: PDFDocumentProxy, number: number): Promise<PageRuns | undefined> {
  let pieces: PiecesByDirection;
  try {
    const page = await pdf.getPage(number);
    const view = page.getViewport({ scale: 1 / page.userUnit }).transform;
    pieces = piecesOf(await page.getTextContent(), view);
    page.cleanup();
  } catch {
    return undefined;
  }
  return pieces.map((group) => runsOf(withoutRepeats(group)));
}

/** Puts the text of pages into the order of reading. */
function textOf(pages: readonly PageRuns[], keepFurniture: boolean): string {
  const rows = pages.map(([main = []]) => rowsOf(main));
  const kept = keepFurniture ? rows : withoutFurniture(rows);
  const blocks = pages.flatMap(([, ...turned], page): Line[][] => [
    ...blocksOf(kept[page]?.flat() ?? []),
    ...turned.flatMap((runs) => blocksOf(runs)),
  ]);
  return flowText(blocks);
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
  const pages: PageRuns[] = [];
  const unreadable: number[] = [];
  let characters = 0;
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const page = await readPage(pdf, number);
    if (page === undefined) unreadable.push(number);
    characters = (page ?? []).flat().reduce((sum, { text }) => sum + text.length + 1, characters);
    if (characters > limits.characters) {
      const message = `${name} holds more than the limit of ${limits.characters} characters of text by page ${number} of ${pdf.numPages}: split it into several documents.`;
      return refused("TOO_LARGE", message);
    }
    pages.push(page ?? []);
    if (isMilestone(number, pdf.numPages)) progress(number, pdf.numPages);
  }
  if (unreadable.length === pdf.numPages) return damaged(name);
  const warnings = [
    ...pageWarning(unreadable, "cannot be read and is left out", "cannot be read and are left out"),
  ];
  // If a document consists only of running heads and feet, these are its text.
  const text = textOf(pages, false) || textOf(pages, true);
  const reading = { kind: "text" as const, text, pages: pdf.numPages };
  return warnings.length === 0 ? reading : { ...reading, warnings };
}
