import type { PDFDocumentProxy } from "pdfjs-dist/legacy/build/pdf.mjs";
import type { TextContent } from "pdfjs-dist/types/src/display/api.js";
import type { Progress } from "../../threads/progress.ts";
import type { DocumentLimits, DocumentReading, RecognisedPages } from "../document-reading.ts";
import { annotationItems } from "./annotations.ts";
import { flowPages, type PageLines } from "./flow-text.ts";
import { fontSamples, type LegibleItems } from "./font-samples.ts";
import { withInitials } from "./initials.ts";
import { withoutFurniture } from "./page-furniture.ts";
import { pageVerdict } from "./page-verdict.ts";
import { piecesOf } from "./pieces.ts";
import { blocksOf } from "./reading-order.ts";
import { recognisedBlocks } from "./recognised-blocks.ts";
import { damaged, refused } from "./refused.ts";
import { withoutRepeats } from "./repeated-pieces.ts";
import { type Run, rowsOf, runsOf } from "./runs.ts";

/** The runs of a page by the direction of their lines: that of most text first. */
type PageRuns = readonly (readonly Run[])[];

/** The library reads a page a second time to tell what links stand on. Only in longer documents does this count. */
const shortDocument = 50;
/** A page that is empty but for so many rows at its edges has no text. */
const edgeRows = 3;

/** Pages with nothing but a head have no text if one in so many pages is of this kind. */
const stampedShare = 10;
/** A page lacks text if so many of its characters, and this share of the others, are left out. */
const lostCharacters = 30;
const lostShare = 0.03;

interface ReadPagesOptions {
  readonly limits: DocumentLimits;
  readonly progress: Progress;
  /** Whether the document has form fields. */
  readonly hasForm: boolean;
  readonly recognised: RecognisedPages;
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
    const runs = piecesOf(items, typed, view).map((group) =>
      runsOf(withInitials(withoutRepeats(group))),
    );
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

interface TextReading {
  readonly text: string;
  /** Where the text of each page begins. */
  readonly pageStarts: readonly number[];
  /** The pages without text, and those that have only a running head or foot. */
  readonly empty: readonly number[];
  readonly stamped: readonly number[];
}

/** Puts the text of pages into the order of reading, and says which pages have none. */
function textOf(pages: readonly PageRuns[], recognised: RecognisedPages): TextReading {
  const rows = pages.map(([main = []]) => rowsOf(main));
  const kept = withoutFurniture(rows);
  const asides = pages.map(([, ...groups]) => groups.flatMap((runs) => blocksOf(runs)));
  const linesOf = (from: readonly (readonly (readonly Run[])[])[]) =>
    from.map((page, index): PageLines => {
      const read = recognisedBlocks(recognised.get(index + 1) ?? "");
      return { blocks: [...blocksOf(page.flat()), ...read], asides: asides[index] ?? [] };
    });
  const empty = pagesWhere(pages, (page, index) => isBare(page) && !recognised.has(index + 1));
  const read = flowPages(linesOf(kept));
  // If a document consists only of running heads and feet, these are its text.
  if (read.text === "") return { ...flowPages(linesOf(rows)), empty, stamped: [] };
  const stamped = pagesWhere(
    rows,
    (page, index) =>
      !isBare(page) &&
      page.length <= edgeRows &&
      isBare(kept[index] ?? []) &&
      isBare(asides[index] ?? []),
  );
  // A title page may have nothing but words that others have as their head. Many scans may have a stamp.
  const isStamped = stamped.length > 1 && stamped.length * stampedShare >= pages.length;
  return { ...read, empty, stamped: isStamped ? stamped : [] };
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
  { limits, progress, hasForm, recognised }: ReadPagesOptions,
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
    const known = recognised.get(number);
    const { runs, lack }: PageReading =
      known === undefined ? await readPage(pdf, number, hasForm, legible) : { runs: [] };
    if (lack !== undefined) lost[lack].push(number);
    characters += known?.length ?? 0;
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
  const { text, pageStarts, ...without } = textOf(pages, recognised);
  const isLost = new Set([...lost.unreadable, ...lost.illegible]);
  const empty = without.empty.filter((number) => !isLost.has(number));
  const verdict = pageVerdict(name, numPages, text, { ...lost, ...without, empty });
  const reading = verdict.kind === "text" ? { ...verdict, pageStarts } : verdict;
  const withoutText = [...lost.illegible, ...lost.partly, ...empty, ...without.stamped];
  if (withoutText.length === 0) return { reading, unreadable };
  return { reading: { ...reading, withoutText: withoutText.sort((a, b) => a - b) }, unreadable };
}
