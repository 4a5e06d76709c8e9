import type { AttemptContext } from "@millrace/worker-sdk";
import type { DocumentReader } from "../../documents/document-reader.ts";

/** The most warnings of a result, whose size is limited. */
const mostWarnings = 20;

/** The text of a job's documents, and where it is from. */
export interface JobText {
  readonly text: string;
  readonly names: readonly string[];
  readonly pages: number;
  readonly warnings: readonly string[];
  /** For each page of all documents, where it begins in the text. Empty if a document has no pages. */
  readonly pageStarts: readonly number[];
}

const between = "\n\n";

/** Reads the documents of a job, one after the other. */
export async function readDocuments(
  context: AttemptContext,
  readDocument: DocumentReader,
): Promise<JobText> {
  const { documentIds, keyId, signal } = context;
  const warnings: string[] = [];
  const names: string[] = [];
  const pageStarts: number[] = [];
  let text = "";
  let pages = 0;
  let hasPages = true;
  await context.progress(0, documentIds.length, "reading documents");
  for (const [index, id] of documentIds.entries()) {
    const what = `reading pages of document ${index + 1} of ${documentIds.length}`;
    const onProgress = (done: number, total: number) => void context.progress(done, total, what);
    const onSpent = (computeMs: number) => context.addUsage({ computeMs });
    const read = await readDocument(id, keyId, { signal, onProgress, onSpent });
    if (index > 0) text += between;
    for (const start of read.pageStarts ?? []) pageStarts.push(text.length + start);
    hasPages &&= read.pageStarts !== undefined;
    text += read.text;
    names.push(read.name);
    pages += read.pages;
    const which = documentIds.length > 1 ? `${read.name}: ` : "";
    for (const warning of read.warnings ?? []) {
      if (warnings.length < mostWarnings) warnings.push(`${which}${warning}`);
    }
  }
  return { text, names, pages, warnings, pageStarts: hasPages ? pageStarts : [] };
}

/** The pages, from 1, that a piece of the text is on; undefined if the text has no pages. */
export function pagesOf(
  pageStarts: readonly number[],
  from: number,
  to: number,
): readonly [first: number, last: number] | undefined {
  if (pageStarts.length === 0) return undefined;
  const pageAt = (place: number) => Math.max(1, pageStarts.findLastIndex((at) => at <= place) + 1);
  return [pageAt(from), pageAt(Math.max(from, to - 1))];
}
