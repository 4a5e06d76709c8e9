import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { DocumentService, type UploadDocumentHeaderSchema } from "@millrace/proto/document-service";
import type { CallOptions } from "./connect-options.ts";
import type { Connection } from "./connection.ts";
import { type Document, documentOf } from "./document-message.ts";
import { MillraceError } from "./millrace-error.ts";
import { asking, repeating, required } from "./retrying.ts";

/** A path, or the bytes themselves: what can be read twice. */
export type RepeatableSource = string | Uint8Array;

/** How long the object store may be silent. */
const IDLE_MS = 60_000;
/** The object is there: an earlier request has sent it, and its answer was lost. */
const ALREADY_SENT = 412;

const bytesOf = (source: RepeatableSource): Readable =>
  typeof source === "string" ? createReadStream(source) : Readable.from([source]);

async function promiseOf(source: RepeatableSource) {
  const hash = createHash("sha256");
  let size = 0;
  for await (const piece of bytesOf(source)) {
    hash.update(piece);
    size += piece.length;
  }
  return { size: BigInt(size), sha256: hash.digest("hex") };
}

const unavailable = (message: string, cause?: unknown) =>
  new MillraceError({ code: "UNAVAILABLE", message, cause });

/** Sends a request to an address in the object store. Throws UNAVAILABLE if that may help later. */
async function exchange(
  what: string,
  url: string,
  options: RequestOptions,
  body: Readable | undefined,
): Promise<IncomingMessage> {
  const begin = new URL(url).protocol === "https:" ? httpsRequest : httpRequest;
  const sending = begin(url, options);
  sending.setTimeout(IDLE_MS, () => sending.destroy(new Error(`silent for ${IDLE_MS} ms`)));
  try {
    const answered = once(sending, "response") as Promise<[IncomingMessage]>;
    // A server that refuses the request may answer before its end.
    const [[response]] = await Promise.all([
      answered,
      body === undefined ? sending.end() : pipeline(body, sending).catch(() => answered),
    ]);
    const { statusCode: status = 0 } = response;
    if (status < 300 || status === ALREADY_SENT) return response;
    response.resume();
    const message = `the object store answered the ${what} with ${status}`;
    if (status >= 500 || status === 429) throw unavailable(`${message}: try again later`);
    throw new MillraceError({
      code: "FAILED_PRECONDITION",
      message: `${message}: create another address, and check that the clocks and the content are right`,
    });
  } catch (cause) {
    if (cause instanceof MillraceError || options.signal?.aborted) throw cause;
    throw unavailable(
      `the object store could not be reached for the ${what}: try again later`,
      cause,
    );
  }
}

/**
 * Uploads past the gateway. The source is read twice: for its hash, and to send it. Throws NO_OBJECT_STORE if documents are in
 * a directory.
 */
export async function uploadDirectly(
  connection: Connection,
  source: RepeatableSource,
  header: MessageInitShape<typeof UploadDocumentHeaderSchema>,
  options: CallOptions,
): Promise<Document> {
  const ask = asking(connection);
  const { method } = DocumentService;
  const promised = await promiseOf(source);
  const { uploadId, url, headers } = await ask(
    method.createUpload,
    { header, ...promised },
    options,
  );
  await repeating(connection, options, async () => {
    const own = { ...headers, "content-length": String(promised.size) };
    const request = { method: "PUT", headers: own, signal: options.signal };
    (await exchange("upload", url, request, bytesOf(source))).resume();
  });
  const { document } = await ask(method.completeUpload, { uploadId }, options);
  return documentOf(required(document));
}

/** Yields a document's content from the object store, only as fast as the caller reads it. */
export async function* downloadDirectly(
  connection: Connection,
  documentId: string,
  options: CallOptions,
): AsyncGenerator<Uint8Array> {
  const request = { documentId };
  const { url } = await asking(connection)(DocumentService.method.createDownload, request, options);
  const response = await repeating(connection, options, () =>
    exchange("download", url, { signal: options.signal }, undefined),
  );
  try {
    yield* response;
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw unavailable("the download was cut: download the document again", cause);
  }
}

/** Whether documents are in a directory, so that only the gateway sends and takes them. */
export const isWithoutAddresses = (error: unknown): boolean =>
  error instanceof MillraceError && error.reason === "NO_OBJECT_STORE";
