import type { PDFDocumentProxy } from "pdfjs-dist/legacy/build/pdf.mjs";
import type { TextContent } from "pdfjs-dist/types/src/display/api.js";
import type { Progress } from "../../threads/progress.ts";
import type { DocumentLimits, DocumentReading } from "../document-reading.ts";
import { annotationItems } from "./annotations.ts";
import { flowText } from "./flow-text.ts";
import { fontSamples, type LegibleItems } from "./font-samples.ts";
import { withoutFurniture } from "./page-furniture.ts";
import type { Line } from "./page-lines.ts";
import { pageWarning } from "./page-warnings.ts";
import { piecesOf } from "./pieces.ts";
import { blocksOf } from "./reading-order.ts";
import { damaged, refused } from "./refused.ts";
import { withoutRepeats } from "./repeated-pieces.ts";
import { type Run, rowsOf, runsOf } from "./runs.ts";

/** The runs of a page by the direction of their lines: that of most text first. */
type PageRuns = readonly (readonly Run[])[];

/** The library reads a page a second time to tell what links stand on. Only in longer documents does this count. */
const shortDocument = 50;
/** A page that is empty but for so many rows at its edges has no text. */
const edgeRows = 3;
/** If more than half of the pages have no text, the others must have so many characters for each of these. */
const leastCharacters = 40;

/** Pages with nothing but a head have no text if one in so many pages is of this kind. */
const stampedShare = 10;
/** A page lacks text if so many of its characters, and this share of the others, are left out. */
const lostCharacters = 30;
const lostShare = 0.03;

const unread = {
  one: "cannot be read and is left out",
  several: "cannot be read and are left out",
};
const illegible = {
  one: "is left out: its fonts do not say which characters they show. Text recognition (OCR) can read it",
  several:
    "are left out: their fonts do not say which characters they show. Text recognition (OCR) can read them",
};
const partly = {
  one: "is read in part: some of its fonts do not say which characters they show",
  several: "are read in part: some of their fonts do not say which characters they show",
};
const empty = {
  one: "has no text: it is blank, or a picture that needs text recognition (OCR)",
  several: "have no text: they are blank, or pictures that need text recognition (OCR)",
};

interface ReadPagesOptions {
  readonly limits: DocumentLimits;
  readonly progress: Progress;
  /** Whether the document has form fields. */
  readonly hasForm: boolean;
}

/** Whether to report progress at this page: the first, the last, and about twenty between. */
const isMilestone = (done: number, total: number) =>
  done === 1 || Math.floor((done * 20) / total) > Math.floor(((done - 1) * 20) / total);

/** What became of a page: its runs, and why it may lack text. */
interface PageReading {
  readonly runs: PageRuns;
  readonly lack?: "unreadable" | "illegible" | "partly";
}

/** Reads one page. A damaged page must not cost the others, so it is told. */
async function readPage(
  pdf: PDFDocumentProxy,
  number: number,
  hasForm: boolean,
  legible: (items: TextContent["items"]) => LegibleItems,
): Promise<PageReading> {
  try {
    const page = await pdf.getPage(number);
    const view = page.getViewport({ scale: 1 / page.userUnit }).transform;
    const content = await page.getTextContent();
    const intent = hasForm || pdf.numPages <= shortDocument ? "display" : "print";
    // A damaged annotation must not cost the page.
    const annotations = await page.getAnnotations({ intent }).catch(() => []);
    const typed = annotationItems(annotations);
    page.cleanup();
    const { items, lost, kept } = legible(content.items);
    const runs = piecesOf(items, typed, view).map((group) => runsOf(withoutRepeats(group)));
    if (lost > 0 && runs.length === 0) return { runs, lack: "illegible" };
    // Signs from a font of bullets or arrows are no loss.
    return lost > lostCharacters && lost > kept * lostShare ? { runs, lack: "partly" } : { runs };
  } catch {
    return { runs: [], lack: "unreadable" };
  }
}

const isBare = (rows: readonly unknown[]) => rows.length === 0;

const pagesWhere = <Page>(
  pages: readonly Page[],
  holds: (page: Page, index: number) => boolean,
): number[] => pages.flatMap((page, index) => (holds(page, index) ? [index + 1] : []));

/** Puts the text of pages into the order of reading, and says which pages have none. */
function textOf(pages: readonly PageRuns[]): { text: string; empty: number[] } {
  const rows = pages.map(([main = []]) => rowsOf(main));
  const kept = withoutFurniture(rows);
  const turned = pages.map(([, ...groups]) => groups.flatMap((runs) => blocksOf(runs)));
  const blocks = (from: readonly (readonly (readonly Run[])[])[]) =>
    from.flatMap((page, index): Line[][] => [...blocksOf(page.flat()), ...(turned[index] ?? [])]);
  const text = flowText(blocks(kept));
  // If a document consists only of running heads and feet, these are its text.
  if (text === "") return { text: flowText(blocks(rows)), empty: pagesWhere(rows, isBare) };
  const isEmpty = (_: unknown, page: number) =>
    isBare(kept[page] ?? []) && isBare(turned[page] ?? []) && (rows[page] ?? []).length <= edgeRows;
  const empty = pagesWhere(rows, isEmpty);
  const bare = pagesWhere(pages, isBare);
  // A title page may have nothing but words that others have as their head. Many scans may have a stamp.
  const isStamped = empty.length > bare.length + 1 && empty.length * stampedShare >= pages.length;
  return { text, empty: isStamped ? empty : bare };
}

export interface PagesReading {
  readonly reading: DocumentReading;
  /** How many pages could not be read. */
  readonly unreadable: number;
}

/** Reads the pages of a PDF. What cannot be read is left out and told, unless nothing is left. */
export async function readPages(
  name: string,
  pdf: PDFDocumentProxy,
  { limits, progress, hasForm }: ReadPagesOptions,
): Promise<PagesReading> {
  const { numPages } = pdf;
  const tooLarge = (message: string) => ({ reading: refused("TOO_LARGE", message), unreadable: 0 });
  if (numPages > limits.pages) {
    const message = `${name} has ${numPages} pages, and the limit is ${limits.pages}: split it into several documents.`;
    return tooLarge(message);
  }
  const pages: PageRuns[] = [];
  const lost = { unreadable: [] as number[], illegible: [] as number[], partly: [] as number[] };
  const legible = fontSamples();
  let characters = 0;
  for (let number = 1; number <= numPages; number += 1) {
    const { runs, lack } = await readPage(pdf, number, hasForm, legible);
    if (lack !== undefined) lost[lack].push(number);
    characters = runs.flat().reduce((sum, { text }) => sum + text.length + 1, characters);
    if (characters > limits.characters) {
      const message = `${name} holds more than the limit of ${limits.characters} characters of text by page ${number} of ${numPages}: split it into several documents.`;
      return tooLarge(message);
    }
    pages.push(runs);
    if (isMilestone(number, numPages)) progress(number, numPages);
  }
  const unreadable = lost.unreadable.length;
  if (unreadable === numPages) return { reading: damaged(name), unreadable };
  const read = textOf(pages);
  const isLost = new Set([...lost.unreadable, ...lost.illegible]);
  const emptyPages = read.empty.filter((number) => !isLost.has(number));
  const reading = verdict(name, numPages, read.text, { ...lost, empty: emptyPages });
  return { reading, unreadable };
}

/** The pages without text, by the reason. */
type Lost = Readonly<Record<"unreadable" | "illegible" | "partly" | "empty", readonly number[]>>;

function verdict(name: string, pages: number, text: string, lost: Lost): DocumentReading {
  const without = lost.illegible.length + lost.empty.length;
  const isAlmostAll = without * 2 > pages && without > 1;
  if (isAlmostAll && text.length < leastCharacters * without) {
    const which = `${without} of its ${pages} pages have no text that can be read`;
    const message =
      lost.illegible.length > lost.empty.length
        ? `${name} has fonts that do not say which characters they show, and ${which}: export it again with searchable text, or run text recognition over it first.`
        : `${name} holds almost no text, and ${which}: if it is scanned, run text recognition over it first.`;
    return refused("DOCUMENT_NO_TEXT", message);
  }
  if (lost.illegible.length > 0 && text === "") {
    const message = `${name} has fonts that do not say which characters they show: export it again with searchable text, or run text recognition over it first.`;
    return refused("DOCUMENT_NO_TEXT", message);
  }
  const warnings = [
    ...pageWarning(lost.unreadable, unread.one, unread.several),
    ...pageWarning(lost.illegible, illegible.one, illegible.several),
    ...pageWarning(lost.partly, partly.one, partly.several),
    ...pageWarning(lost.empty, empty.one, empty.several),
  ];
  const reading = { kind: "text" as const, text, pages };
  return warnings.length === 0 ? reading : { ...reading, warnings };
}
