import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { LeaseRef, StoreDocumentRequestSchema } from "@millrace/proto/worker-service";

/**
 * Text, bytes, or pieces of bytes. Pieces are read once, so they are not sent again after a broken connection. A function
 * is called for each try, and makes the same pieces each time.
 */
export type DocumentContent =
  | string
  | Uint8Array
  | AsyncIterable<Uint8Array>
  | (() => AsyncIterable<Uint8Array>);

/** A document that an attempt stores. */
export interface NewDocument {
  readonly content: DocumentContent;
  /** A file name without a path, for people. Default: "document". */
  readonly name?: string;
  /** A media type. Default: detected from the content. */
  readonly contentType?: string;
  /** What it is for: a name such as "report". */
  readonly purpose?: string;
  /** When it is removed, in milliseconds since the Unix epoch. Default: it is kept like documents that callers upload. */
  readonly expiresAtMs?: number;
}

/** A stored document. Jobs may name it in `documentIds`, and callers download it with the API key of the job. */
export interface StoredDocument {
  readonly id: string;
  readonly name: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  /** In lower-case hexadecimal. */
  readonly sha256: string;
  /** True: the key had stored the same content before, and this is that document. */
  readonly existing: boolean;
}

/** Well below the 1 MiB that one message may hold. */
const PIECE_BYTES = 256 * 1_024;

export const isRepeatable = (content: DocumentContent): boolean =>
  typeof content === "string" || typeof content === "function" || content instanceof Uint8Array;

async function* piecesOf(content: DocumentContent): AsyncGenerator<Uint8Array> {
  if (typeof content === "string") content = Buffer.from(content);
  if (typeof content === "function") content = content();
  const chunks = content instanceof Uint8Array ? [content] : content;
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.length; start += PIECE_BYTES)
      yield chunk.subarray(start, start + PIECE_BYTES);
  }
}

/** Yields the messages of a document. Without the last one the scheduler stores nothing. */
export async function* partsOf(
  lease: LeaseRef,
  { content, name = "", contentType = "", purpose = "", expiresAtMs }: NewDocument,
): AsyncGenerator<MessageInitShape<typeof StoreDocumentRequestSchema>> {
  const expires = expiresAtMs === undefined ? {} : { expiresAt: timestampFromMs(expiresAtMs) };
  yield { part: { case: "header", value: { lease, name, contentType, purpose, ...expires } } };
  for await (const value of piecesOf(content)) yield { part: { case: "content", value } };
  yield { part: { case: "end", value: {} } };
}
