import type { MessageInitShape } from "@bufbuild/protobuf";
import type { LeaseRef, StoreDocumentRequestSchema } from "@millrace/proto/worker-service";

/** Text, bytes, or pieces of bytes. Pieces are read once, so they are not sent again after a broken connection. */
export type DocumentContent = string | Uint8Array | AsyncIterable<Uint8Array>;

/** A document that an attempt stores. */
export interface NewDocument {
  readonly content: DocumentContent;
  /** A file name without a path, for people. Default: "document". */
  readonly name?: string;
  /** A media type. Default: detected from the content. */
  readonly contentType?: string;
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

export const isRepeatable = (content: DocumentContent): content is string | Uint8Array =>
  typeof content === "string" || content instanceof Uint8Array;

async function* piecesOf(content: DocumentContent): AsyncGenerator<Uint8Array> {
  if (typeof content === "string") content = Buffer.from(content);
  const chunks = content instanceof Uint8Array ? [content] : content;
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.length; start += PIECE_BYTES)
      yield chunk.subarray(start, start + PIECE_BYTES);
  }
}

/** Yields the messages of a document. Without the last one the scheduler stores nothing. */
export async function* partsOf(
  lease: LeaseRef,
  { content, name = "", contentType = "" }: NewDocument,
): AsyncGenerator<MessageInitShape<typeof StoreDocumentRequestSchema>> {
  yield { part: { case: "header", value: { lease, name, contentType } } };
  for await (const value of piecesOf(content)) yield { part: { case: "content", value } };
  yield { part: { case: "end", value: {} } };
}
