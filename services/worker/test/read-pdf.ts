import { readDocument } from "../src/documents/read-document.ts";

/** Reads a PDF as a thread does. */
export const readPdf = (pdf: Uint8Array, limits: { pages?: number; characters?: number } = {}) =>
  readDocument(
    {
      ...{ filename: "a.pdf", contentType: "application/pdf", bytes: new Uint8Array(pdf) },
      limits: { pages: 100, characters: 1_000_000, ...limits },
    },
    () => undefined,
  );

/** The paragraphs of a PDF. */
export async function paragraphsOf(pdf: Uint8Array): Promise<string[]> {
  const reading = await readPdf(pdf);
  if (reading.kind !== "text") throw new Error(reading.message);
  return reading.text.split("\n\n");
}
