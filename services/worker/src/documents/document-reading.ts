export interface DocumentLimits {
  readonly pages: number;
  /** Of text. */
  readonly characters: number;
}

export type DocumentReading =
  /** Paragraphs are set apart by empty lines. `pages` is 1 for what has none. */
  | { readonly kind: "text"; readonly text: string; readonly pages: number }
  /** For good; the message says what to do about it. */
  | { readonly kind: "refused"; readonly reason: string; readonly message: string };
