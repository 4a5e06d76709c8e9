import type { DocumentReading } from "../document-reading.ts";
import { pageWarning } from "./page-warnings.ts";
import { refused } from "./refused.ts";

/** If more than half of the pages have no text, the others must have so many characters for each of these. */
const leastCharacters = 40;

/** What is said of pages that lack text, in this order: of one page, and of several. */
const warningsOf = {
  unreadable: ["cannot be read and is left out", "cannot be read and are left out"],
  illegible: [
    "is left out: its fonts do not say which characters they show. Text recognition (OCR) can read it",
    "are left out: their fonts do not say which characters they show. Text recognition (OCR) can read them",
  ],
  partly: [
    "is read in part: some of its fonts do not say which characters they show",
    "are read in part: some of their fonts do not say which characters they show",
  ],
  empty: [
    "has no text: it is blank, or a picture that needs text recognition (OCR)",
    "have no text: they are blank, or pictures that need text recognition (OCR)",
  ],
  stamped: [
    "has no text but a running head or foot: it is blank, or a picture that needs text recognition (OCR)",
    "have no text but a running head or foot: they are blank, or pictures that need text recognition (OCR)",
  ],
} as const;

/** The numbers of pages that lack text, by the reason. */
export type LackingPages = Readonly<Record<keyof typeof warningsOf, readonly number[]>>;

/**
 * Decides whether the text of a document's pages is worth reading, and says what it lacks. Only pages without any text
 * count against it: a line that stands on all pages may be all that they have.
 */
export function pageVerdict(
  name: string,
  pages: number,
  text: string,
  lacking: LackingPages,
): DocumentReading {
  const { illegible, empty } = lacking;
  const without = illegible.length + empty.length;
  const isAlmostNothing =
    (without * 2 > pages && without > 1 && text.length < leastCharacters * without) ||
    (illegible.length > 0 && text === "");
  if (isAlmostNothing) {
    const message =
      illegible.length > empty.length
        ? `${name} has fonts that do not say which characters they show, on ${illegible.length} of its ${pages} pages: export it again with searchable text, or run text recognition over it first.`
        : `${name} holds almost no text, and ${without} of its ${pages} pages have none: if it is scanned, run text recognition over it first.`;
    return refused("DOCUMENT_NO_TEXT", message);
  }
  const warnings = (Object.keys(warningsOf) as (keyof LackingPages)[]).flatMap((lack) => {
    const [one, several] = warningsOf[lack];
    return pageWarning(lacking[lack], one, several);
  });
  const reading = { kind: "text" as const, text, pages };
  return warnings.length === 0 ? reading : { ...reading, warnings };
}
