import { isIP } from "node:net";
import { languageFileOf } from "./documents/ocr/languages.ts";

/** An address, with a port or without, as node:dns takes it. */
export const isDnsServer = (text: string): boolean => {
  const [, bracketed, port = "53"] = /^\[(.*)\](?::(\d+))?$/.exec(text) ??
    /^([^:]*):(\d+)$/.exec(text) ?? ["", text];
  return isIP(bracketed ?? "") !== 0 && Number(port) < 65_536;
};

/** Languages are looked for at the start, since a missing one would fail every scanned document. */
export function ocrProblems({
  ocr,
  ocrLanguages,
}: {
  ocr: string;
  ocrLanguages: readonly string[];
}) {
  if (ocr === "off") return [];
  if (ocrLanguages.length === 0) return ["MILLRACE_OCR_LANGUAGES: needed with MILLRACE_OCR"];
  return ocrLanguages
    .filter((code) => languageFileOf(code) === undefined)
    .map(
      (code) =>
        `MILLRACE_OCR_LANGUAGES: ${code} is not installed: install the package @tesseract.js-data/${code}`,
    );
}
