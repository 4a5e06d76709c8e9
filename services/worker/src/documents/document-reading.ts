export interface DocumentLimits {
  readonly pages: number;
  /** The most characters of text. */
  readonly characters: number;
}

export type DocumentReading =
  | {
      readonly kind: "text";
      /** Empty lines separate paragraphs. */
      readonly text: string;
      /** 1 for a document without pages. */
      readonly pages: number;
      /** Where the text of each page begins. Absent for a document without pages. */
      readonly pageStarts?: readonly number[];
      /** What of the document could not be read: a few sentences for the caller. Absent if all of it was read. */
      readonly warnings?: readonly string[];
      /** Pages of a PDF without text that can be read, from 1. Text recognition may read them. */
      readonly withoutText?: readonly number[];
    }
  /** The document can never be read. The message says what to do about it. */
  | {
      readonly kind: "refused";
      readonly reason: string;
      readonly message: string;
      readonly withoutText?: readonly number[];
    };

/** The text that was recognised on pages of a PDF, by their number from 1. */
export type RecognisedPages = ReadonlyMap<number, string>;
