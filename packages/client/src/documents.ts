import { createReadStream } from "node:fs";
import { basename } from "node:path";
import type { Writable } from "node:stream";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import {
  type Document as DocumentMessage,
  DocumentService,
  UploadDocumentRequestSchema,
} from "@millrace/proto/document-service";
import type { CallOptions } from "./connect-options.ts";
import type { Connection } from "./connection.ts";

export interface Document {
  readonly id: string;
  readonly name: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  /** SHA-256, in lower-case hexadecimal. */
  readonly sha256: string;
  readonly createTime?: Date;
}

/** A path, the bytes themselves, or a stream of them. */
export type DocumentSource = string | Uint8Array | AsyncIterable<Uint8Array>;

export interface UploadOptions extends CallOptions {
  /** A file name without a path. Default: that of the path, else "document". */
  readonly name?: string;
  /** Told from the content unless given. */
  readonly contentType?: "application/pdf" | "text/plain" | "text/markdown";
}

type Part = NonNullable<MessageInitShape<typeof UploadDocumentRequestSchema>["part"]>;

/** Well below the 1 MiB that one message may hold. */
const PIECE_BYTES = 256 * 1024;

export const documentOf = (message: DocumentMessage): Document => ({
  id: message.id,
  name: message.name,
  contentType: message.contentType,
  sizeBytes: Number(message.size),
  sha256: message.sha256,
  ...(message.createTime === undefined ? {} : { createTime: timestampDate(message.createTime) }),
});

async function* piecesOf(source: Exclude<DocumentSource, string>): AsyncGenerator<Uint8Array> {
  const chunks = source instanceof Uint8Array ? [source] : source;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      yield chunk.subarray(at, at + PIECE_BYTES);
    }
  }
}

/** Reads the source only as fast as the gateway takes it. Not repeated after a failure: a source may be read only once. */
export async function uploadDocument(
  connection: Connection,
  source: DocumentSource,
  { name, contentType, ...options }: UploadOptions,
): Promise<Document> {
  await connection.ready(connection.deadlineAtMs(options));
  const { call, response } = connection.clientStream(
    DocumentService.method.uploadDocument,
    options,
  );
  let over = false;
  const ended = response.then(
    () => undefined,
    () => undefined,
  );
  void ended.then(() => {
    over = true;
  });
  const send = async (part: Part) => {
    if (!over && !call.write(create(UploadDocumentRequestSchema, { part }))) {
      await Promise.race([drained(call), ended]);
    }
  };
  const fromPath = typeof source === "string";
  const content = fromPath ? createReadStream(source, { highWaterMark: PIECE_BYTES }) : source;
  const value = {
    name: name ?? (fromPath ? basename(source) : ""),
    contentType: contentType ?? "",
  };
  try {
    await send({ case: "header", value });
    for await (const piece of piecesOf(content)) {
      await send({ case: "content", value: piece });
      // The answer came before the end: it is a refusal, and thrown below.
      if (over) break;
    }
    await send({ case: "end", value: {} });
    call.end();
  } catch (error) {
    // The source failed: the upload was cut, and nothing is stored.
    call.cancel();
    throw error;
  }
  const { document } = await response;
  if (document === undefined) throw new Error("the gateway answered without a document");
  return documentOf(document);
}

/** Resolves when the stream takes more, or is closed. */
const drained = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      stream.off("drain", done);
      stream.off("close", done);
      resolve();
    };
    stream.on("drain", done);
    stream.on("close", done);
  });

/** A document's content, read only as fast as it is consumed. */
export async function* downloadDocument(
  connection: Connection,
  documentId: string,
  options: CallOptions,
): AsyncGenerator<Uint8Array> {
  const method = DocumentService.method.downloadDocument;
  for await (const { part } of connection.serverStream(method, { documentId }, options)) {
    if (part.case === "content") yield part.value;
  }
}
