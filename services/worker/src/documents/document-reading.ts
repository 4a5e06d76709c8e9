export interface DocumentLimits {
  readonly pages: number;
  /** The most characters of text. */
  readonly characters: number;
}

export type DocumentReading =
  /** Empty lines separate paragraphs. `pages` is 1 for a document without pages. */
  | { readonly kind: "text"; readonly text: string; readonly pages: number }
  /** The document can never be read. The message says what to do about it. */
  | { readonly kind: "refused"; readonly reason: string; readonly message: string };
