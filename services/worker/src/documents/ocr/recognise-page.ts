export interface RecognisePageInput {
  /** The whole PDF, shared between the pages' tasks so that it is not copied for each. */
  readonly pdf: SharedArrayBuffer;
  /** From 1. */
  readonly page: number;
  readonly languages: readonly string[];
}

/**
 * Reads the text of a page by how it looks. Empty lines separate paragraphs. Empty if the page cannot be drawn. Call it
 * only in threads: it computes for seconds.
 */
export async function recognisePage({ pdf, page, languages }: RecognisePageInput): Promise<string> {
  const { renderPage } = await import("./render-page.ts");
  const { recognise } = await import("./tesseract.ts");
  // The library transfers what it gets, which shared memory cannot be.
  const image = await renderPage(new Uint8Array(pdf).slice(), page).catch(() => undefined);
  return image === undefined ? "" : recognise(image, languages);
}
