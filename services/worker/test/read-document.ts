import type { DocumentLimits } from "../src/documents/document-reading.ts";
import { readDocument } from "../src/documents/read-document.ts";

/** Reads a document as a thread does. What it is declared as matters for texts only. */
export const readBytes = (
  bytes: Uint8Array,
  {
    contentType = "text/plain",
    ...limits
  }: Partial<DocumentLimits> & { contentType?: string } = {},
  progress: (done: number, total: number) => void = () => undefined,
) =>
  readDocument(
    {
      ...{ filename: "a", contentType, bytes: new Uint8Array(bytes) },
      limits: { pages: 100, characters: 1_000_000, ...limits },
    },
    progress,
  );

/** The text of a document. Throws if it is refused. */
export async function textOf(bytes: Uint8Array, contentType?: string): Promise<string> {
  const reading = await readBytes(bytes, contentType === undefined ? {} : { contentType });
  if (reading.kind !== "text") throw new Error(reading.message);
  return reading.text;
}
