import { createReadStream } from "node:fs";
import { basename } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type Document as DocumentMessage,
  DocumentService,
  type UploadDocumentHeaderSchema,
  type UploadDocumentRequestSchema,
} from "@millrace/proto/document-service";
import type { CallOptions } from "./connect-options.ts";
import type { Connection } from "./connection.ts";
import { MillraceError } from "./millrace-error.ts";
import { repeating } from "./retrying.ts";

export interface Document {
  readonly id: string;
  readonly name: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  /** SHA-256, in lower-case hexadecimal. */
  readonly sha256: string;
  readonly createTime?: Date;
  /** When it will be deleted, unless a job names it that has not finished. */
  readonly expireTime?: Date;
  /** Why workers cannot read its text, and what to do, as the end of a sentence that begins with "the document". */
  readonly unreadable?: string;
}

/** A path, the bytes themselves, or a stream of bytes. */
export type DocumentSource = string | Uint8Array | AsyncIterable<Uint8Array>;

/** The types of documents whose text workers read, or any other media type. */
export type DocumentContentType =
  | "application/pdf"
  | "text/plain"
  | "text/markdown"
  | "text/html"
  | "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
  | "application/vnd.openxmlformats-officedocument.presentationml.presentation"
  | "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
  | "application/vnd.oasis.opendocument.text"
  | "application/vnd.oasis.opendocument.presentation"
  | "application/vnd.oasis.opendocument.spreadsheet"
  | "application/epub+zip"
  | "message/rfc822"
  | "application/rtf"
  | (string & {});

export interface UploadOptions extends CallOptions {
  /** A file name without a path. Default: the last part of the path, or "document" if there is no path. */
  readonly name?: string;
  /** The gateway detects the type from the content unless this is given. */
  readonly contentType?: DocumentContentType;
  /** From this time on the document is deleted as soon as no job names it that has not finished. Default: the gateway's retention. */
  readonly expireTime?: Date;
}

/** Stays well below the 1 MiB that one message may hold. */
const PIECE_BYTES = 256 * 1024;

export const documentOf = (message: DocumentMessage): Document => ({
  id: message.id,
  name: message.name,
  contentType: message.contentType,
  sizeBytes: Number(message.size),
  sha256: message.sha256,
  ...(message.createTime === undefined ? {} : { createTime: timestampDate(message.createTime) }),
  ...(message.expireTime === undefined ? {} : { expireTime: timestampDate(message.expireTime) }),
  ...(message.unreadable === "" ? {} : { unreadable: message.unreadable }),
});

async function* piecesOf(source: Exclude<DocumentSource, string>): AsyncGenerator<Uint8Array> {
  const chunks = source instanceof Uint8Array ? [source] : source;
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.length; start += PIECE_BYTES) {
      yield chunk.subarray(start, start + PIECE_BYTES);
    }
  }
}

/**
 * Reads the source only as fast as the gateway accepts it (back-pressure). If the connection is cut, a path or
 * bytes are uploaded again from the start, because the gateway stores no partial upload. A stream is not uploaded
 * again, since it can be read only once.
 */
export function uploadDocument(
  connection: Connection,
  source: DocumentSource,
  options: UploadOptions,
): Promise<Document> {
  if (typeof source !== "string" && !(source instanceof Uint8Array)) {
    return upload(connection, source, options);
  }
  return repeating(connection, options, (deadlineAtMs) =>
    upload(connection, source, {
      ...options,
      deadlineMs:
        options.deadlineMs === undefined ? undefined : deadlineAtMs - connection.clock.nowMs(),
    }),
  );
}

async function upload(
  connection: Connection,
  source: DocumentSource,
  { name, contentType, expireTime, ...options }: UploadOptions,
): Promise<Document> {
  await connection.ready(connection.deadlineAtMs(options));
  const { document } = await connection.clientStream(
    DocumentService.method.uploadDocument,
    partsOf(source, name, {
      contentType: contentType ?? "",
      ...(expireTime === undefined ? {} : { expireTime: timestampFromDate(expireTime) }),
    }),
    options,
  );
  if (document === undefined) throw new Error("the gateway answered without a document");
  return documentOf(document);
}

/**
 * Yields the messages of an upload. Without the `end` message the gateway treats the upload as cut and stores
 * nothing.
 */
async function* partsOf(
  source: DocumentSource,
  name: string | undefined,
  header: MessageInitShape<typeof UploadDocumentHeaderSchema>,
): AsyncGenerator<MessageInitShape<typeof UploadDocumentRequestSchema>> {
  const fromPath = typeof source === "string";
  const content = fromPath ? createReadStream(source, { highWaterMark: PIECE_BYTES }) : source;
  const value = { name: name ?? (fromPath ? basename(source) : ""), ...header };
  yield { part: { case: "header", value } };
  for await (const piece of piecesOf(content)) yield { part: { case: "content", value: piece } };
  yield { part: { case: "end", value: {} } };
}

/**
 * Yields a document's content, only as fast as the caller reads it. The call is repeated until content arrives, at most until
 * its deadline or else the client's. A failure after that is thrown.
 */
export async function* downloadDocument(
  connection: Connection,
  documentId: string,
  options: CallOptions,
): AsyncGenerator<Uint8Array> {
  const { first, parts } = await repeating(connection, options, (deadlineAtMs) =>
    begin(connection, documentId, options, deadlineAtMs),
  );
  try {
    for (let next = first; next.done !== true; next = await parts.next()) {
      if (next.value.part.case === "content") yield next.value.part.value;
    }
  } finally {
    await parts.return(undefined);
  }
}

/** Opens a download and waits for its first message. Only a deadline of the call itself bounds the rest. */
async function begin(
  connection: Connection,
  documentId: string,
  { signal, deadlineMs }: CallOptions,
  deadlineAtMs: number,
) {
  const { clock } = connection;
  const leftMs = deadlineAtMs - clock.nowMs();
  const silent = new AbortController();
  const timer = clock.after(leftMs, () => silent.abort());
  const parts = connection.serverStream(
    DocumentService.method.downloadDocument,
    { documentId },
    {
      signal: AbortSignal.any([silent.signal, ...(signal === undefined ? [] : [signal])]),
      deadlineMs: deadlineMs === undefined ? undefined : leftMs,
    },
  );
  try {
    return { first: await parts.next(), parts };
  } catch (cause) {
    if (!silent.signal.aborted) throw cause;
    const message = `the gateway has sent nothing for ${leftMs} ms; call again, or set a longer deadlineMs`;
    throw new MillraceError({ code: "DEADLINE_EXCEEDED", message, retryable: true, cause });
  } finally {
    timer.cancel();
  }
}
