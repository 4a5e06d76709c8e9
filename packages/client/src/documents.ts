import { createReadStream } from "node:fs";
import { basename } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  DocumentService,
  type UploadDocumentHeaderSchema,
  type UploadDocumentRequestSchema,
} from "@millrace/proto/document-service";
import type { CallOptions } from "./connect-options.ts";
import type { Connection } from "./connection.ts";
import { downloadDirectly, isWithoutAddresses, uploadDirectly } from "./direct-documents.ts";
import { type Document, documentOf } from "./document-message.ts";
import { MillraceError } from "./millrace-error.ts";
import { repeating } from "./retrying.ts";

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
  /**
   * The content goes to the object store, past the gateway. It needs a path or bytes, which are read twice. Where documents
   * are in a directory, it goes to the gateway.
   */
  readonly direct?: boolean;
}

export interface DownloadOptions extends CallOptions {
  /** The content comes from the object store, past the gateway. Where documents are in a directory, it comes from the gateway. */
  readonly direct?: boolean;
}

/** Stays well below the 1 MiB that one message may hold. */
const PIECE_BYTES = 256 * 1024;

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
export async function uploadDocument(
  connection: Connection,
  source: DocumentSource,
  options: UploadOptions,
): Promise<Document> {
  if (typeof source !== "string" && !(source instanceof Uint8Array)) {
    if (options.direct !== true) return upload(connection, source, options);
    throw new TypeError("a direct upload needs a path or bytes: a stream cannot be read twice");
  }
  if (options.direct === true) {
    try {
      return await uploadDirectly(connection, source, headerOf(source, options), options);
    } catch (error) {
      if (!isWithoutAddresses(error)) throw error;
    }
  }
  return repeating(connection, options, (deadlineAtMs) =>
    upload(connection, source, {
      ...options,
      deadlineMs:
        options.deadlineMs === undefined ? undefined : deadlineAtMs - connection.clock.nowMs(),
    }),
  );
}

function headerOf(
  source: DocumentSource,
  { name, contentType, expireTime }: UploadOptions,
): MessageInitShape<typeof UploadDocumentHeaderSchema> {
  return {
    name: name ?? (typeof source === "string" ? basename(source) : ""),
    contentType: contentType ?? "",
    ...(expireTime === undefined ? {} : { expireTime: timestampFromDate(expireTime) }),
  };
}

async function upload(
  connection: Connection,
  source: DocumentSource,
  options: UploadOptions,
): Promise<Document> {
  await connection.ready(connection.deadlineAtMs(options));
  const { document } = await connection.clientStream(
    DocumentService.method.uploadDocument,
    partsOf(source, headerOf(source, options)),
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
  header: MessageInitShape<typeof UploadDocumentHeaderSchema>,
): AsyncGenerator<MessageInitShape<typeof UploadDocumentRequestSchema>> {
  const fromPath = typeof source === "string";
  const content = fromPath ? createReadStream(source, { highWaterMark: PIECE_BYTES }) : source;
  yield { part: { case: "header", value: header } };
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
  options: DownloadOptions,
): AsyncGenerator<Uint8Array> {
  if (options.direct === true) {
    try {
      return yield* downloadDirectly(connection, documentId, options);
    } catch (error) {
      if (!isWithoutAddresses(error)) throw error;
    }
  }
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
