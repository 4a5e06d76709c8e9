import type { Progress } from "../../threads/progress.ts";
import type { DocumentLimits } from "../document-reading.ts";
import { TextParts } from "./text-parts.ts";

/** The document can never be read. "The document" and `problem` make a sentence, which says what to do. */
export class UnreadableDocument extends Error {
  readonly reason: string;
  readonly problem: string;

  constructor(reason: string, problem: string) {
    super(problem);
    this.reason = reason;
    this.problem = problem;
  }
}

export const damaged = () =>
  new UnreadableDocument(
    "DOCUMENT_UNREADABLE",
    "is damaged: save or export it again, and then submit it.",
  );

const mostNames = 8;
/** Names some of many things for a warning. */
export const namesOf = (names: readonly string[]): string =>
  names.length <= mostNames
    ? names.join(", ")
    : `${names.slice(0, mostNames).join(", ")} and ${names.length - mostNames} more`;

/** What readers of formats get, and where they put what they read. */
export class Reading {
  readonly limits: DocumentLimits;
  readonly progress: Progress;
  readonly parts: TextParts;
  readonly warnings: string[] = [];
  pages = 1;

  constructor(limits: DocumentLimits, progress: Progress) {
    this.limits = limits;
    this.progress = progress;
    this.parts = new TextParts((characters) => {
      if (characters <= limits.characters) return;
      const problem = `holds more than the limit of ${limits.characters} characters of text: split it into several documents.`;
      throw new UnreadableDocument("TOO_LARGE", problem);
    });
  }

  warn(sentence: string): void {
    if (!this.warnings.includes(sentence)) this.warnings.push(sentence);
  }

  /** Sets the number of pages. `what` names them in the refusal of too many. */
  setPages(count: number, what: string): void {
    if (count > this.limits.pages) {
      const problem = `has ${count} ${what}, and the limit is ${this.limits.pages}: split it into several documents.`;
      throw new UnreadableDocument("TOO_LARGE", problem);
    }
    this.pages = Math.max(1, count);
  }
}

/** Reads a document of one format into `reading`. Throws UnreadableDocument. */
export type FormatReader = (bytes: Uint8Array, reading: Reading) => Promise<void> | void;
