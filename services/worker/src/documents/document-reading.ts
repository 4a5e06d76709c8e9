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
    }
  /** The document can never be read. The message says what to do about it. */
  | { readonly kind: "refused"; readonly reason: string; readonly message: string };
