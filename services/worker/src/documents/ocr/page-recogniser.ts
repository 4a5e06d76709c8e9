import type { TaskOptions, ThreadPool } from "../../threads/thread-pool.ts";
import type { RecognisedPages } from "../document-reading.ts";

export interface RecognitionOptions {
  /** Threads of their own, so that recognition does not hold up other documents. */
  readonly threads: ThreadPool;
  /** Codes of languages, the most likely first. */
  readonly languages: readonly string[];
  /** How many pages of a document are recognised. */
  readonly pages: number;
}

export interface Recognition {
  readonly pages: RecognisedPages;
  /** Sentences for the caller. */
  readonly warnings: readonly string[];
}

/** Reads pages of a PDF, or of an image, by how they look, one after another. Pages that take too long are empty. */
export type PageRecogniser = (
  bytes: Uint8Array,
  pages: readonly number[],
  options: TaskOptions,
) => Promise<Recognition>;

const pagesOf = (count: number) => (count === 1 ? "1 page was" : `${count} pages were`);

export function pageRecogniser(options: RecognitionOptions): PageRecogniser {
  const { threads, languages, pages: limit } = options;
  return async (bytes, pages, { onProgress, ...task }) => {
    // Shared memory, because each page is a task of its own and needs the whole content.
    const content = new SharedArrayBuffer(bytes.length);
    new Uint8Array(content).set(bytes);
    const found = new Map<number, string>();
    const chosen = pages.slice(0, limit);
    for (const [index, page] of chosen.entries()) {
      const input = { content, page, languages };
      const outcome = await threads.run("recognisePage", () => ({ input }), task);
      const text = outcome.kind === "done" ? outcome.value.trim() : "";
      if (text !== "") found.set(page, text);
      onProgress?.(index + 1, chosen.length);
    }
    const warnings = [
      `${pagesOf(found.size)} read by text recognition (${languages.join(", ")}), which makes mistakes.`,
    ];
    if (chosen.length < pages.length) {
      warnings.push(
        `Text recognition reads ${limit} of the ${pages.length} pages without text: split the document.`,
      );
    }
    return { pages: found, warnings: found.size === 0 ? warnings.slice(1) : warnings };
  };
}
