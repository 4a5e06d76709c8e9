import type { DocumentReading } from "../document-reading.ts";

export const refused = (reason: string, message: string): DocumentReading => ({
  kind: "refused",
  reason,
  message,
});

export const damaged = (name: string) =>
  refused(
    "DOCUMENT_UNREADABLE",
    `${name} is damaged: it cannot be read as a PDF. Save or export it again, and then submit it.`,
  );
