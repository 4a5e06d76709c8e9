import type { StoredDocument } from "@millrace/documents";
import { plus, type TokenRange, tokensOfBytes } from "./token-range.ts";

/** The tokens of a document's text. */
export interface DocumentTokens {
  readonly tokens: TokenRange;
  /** The text was not read, so the tokens follow from the document's size. */
  readonly estimated: boolean;
}

/** Counts the tokens of documents. It never fails because of what a document contains. */
export type DocumentCounter = (document: StoredDocument) => Promise<DocumentTokens>;

/** How many bytes of other documents a token of their text takes. Pictures make it many, and compression few. */
const BYTES_OF_FILE: TokenRange = { low: 2_000, likely: 60, high: 2 };

/** The tokens of a document by its size alone. */
export function tokensOfSize({ contentType, sizeBytes }: StoredDocument): DocumentTokens {
  const tokens = isTextType(contentType)
    ? tokensOfBytes(sizeBytes)
    : {
        low: Math.floor(sizeBytes / BYTES_OF_FILE.low),
        likely: Math.ceil(sizeBytes / BYTES_OF_FILE.likely),
        high: Math.ceil(sizeBytes / BYTES_OF_FILE.high),
      };
  return { tokens, estimated: !isTextType(contentType) };
}

/** The bytes of text and Markdown are those of their text. */
const isTextType = (contentType: string): boolean => /^text\/(plain|markdown)\b/.test(contentType);

/** The tokens of several documents together. */
export const sumOfDocuments = (counted: readonly DocumentTokens[]): TokenRange =>
  plus(...counted.map(({ tokens }) => tokens));
