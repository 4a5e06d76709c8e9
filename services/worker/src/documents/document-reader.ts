import type { DocumentStore, StoredDocument } from "@millrace/documents";
import type { KeyId } from "@millrace/shared";
import { attributeNames, describeSpan, inSpan, spanNames } from "@millrace/telemetry";
import { NonRetryableError } from "@millrace/worker-sdk";
import type { TaskOptions, ThreadPool, ThreadPoolOptions } from "../threads/thread-pool.ts";
import type { DocumentLimits, DocumentReading, RecognisedPages } from "./document-reading.ts";
import type { PageRecogniser } from "./ocr/page-recogniser.ts";

export interface DocumentText
  extends Omit<DocumentReading & { kind: "text" }, "kind" | "withoutText"> {
  /** The name that the document was uploaded with. */
  readonly name: string;
}

/** Reads the text of a key's stored document. Throws NonRetryableError if the document does not exist or has no text. */
export type DocumentReader = (
  id: string,
  keyId: string,
  options: Omit<TaskOptions, "key">,
) => Promise<DocumentText>;

/** Reads a whole document into a buffer of its own, which can be transferred to a thread. */
async function contentOf(store: DocumentStore, document: StoredDocument) {
  const bytes = new Uint8Array(document.sizeBytes);
  let offset = 0;
  for await (const piece of store.read(document)) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

export interface DocumentReaderOptions {
  readonly limits: DocumentLimits;
  readonly threadLimits: Pick<ThreadPoolOptions, "cpuMs" | "timeMs" | "memoryMb">;
  /** Reads pages that have no text. Undefined: they are left out. */
  readonly recognise?: PageRecogniser | undefined;
}

const refused = (reading: DocumentReading & { kind: "refused" }) =>
  new NonRetryableError(reading.reason, reading.message);

const NOT_RECOGNISED =
  " This worker does not recognise text; its operator may turn it on (MILLRACE_OCR).";

/** Reads documents from the blob store in threads, each in a span. */
export function documentReader(
  store: DocumentStore,
  threads: ThreadPool,
  { limits, threadLimits, recognise }: DocumentReaderOptions,
): DocumentReader {
  const readInThread = async (
    document: StoredDocument,
    options: TaskOptions,
    recognised?: RecognisedPages,
  ): Promise<DocumentReading> => {
    const { name: filename, contentType } = document;
    const prepare = async () => {
      const bytes = await contentOf(store, document);
      const input = { filename, contentType, bytes, limits };
      const withPages = recognised === undefined ? input : { ...input, recognised };
      return { input: withPages, transfer: [bytes.buffer] };
    };
    const outcome = await threads.run("readDocument", prepare, options);
    if (outcome.kind === "done") return outcome.value;
    const { cpuMs, timeMs, memoryMb } = threadLimits;
    const limit = {
      overCpu: `${cpuMs / 1_000} s of CPU time`,
      overTime: `${timeMs / 1_000} s`,
      overMemory: `${memoryMb} MB of memory`,
    }[outcome.kind];
    const message = `The document "${filename}" takes more than ${limit} to read: split it, or save or export it again.`;
    throw new NonRetryableError("DOCUMENT_UNREADABLE", message);
  };

  /** Reads the document again, with the text that is recognised on its pages without text. */
  const readScan = async (
    document: StoredDocument,
    options: TaskOptions,
    { recognise, pages }: { recognise: PageRecogniser; pages: readonly number[] },
  ): Promise<DocumentReading> => {
    const { pages: found, warnings } = await recognise(
      await contentOf(store, document),
      pages,
      options,
    );
    const reading = await readInThread(
      document,
      { ...options, onProgress: () => undefined },
      found,
    );
    if (reading.kind === "refused") return reading;
    return { ...reading, warnings: [...warnings, ...(reading.warnings ?? [])] };
  };

  const read: DocumentReader = async (id, keyId, taskOptions) => {
    const document = await store.get(id, keyId as KeyId);
    if (document === undefined) {
      throw new NonRetryableError("DOCUMENT_NOT_FOUND", `There is no document ${id}.`);
    }
    const options = { ...taskOptions, key: keyId };
    let reading = await readInThread(document, options);
    const { withoutText: pages = [] } = reading;
    if (recognise !== undefined && pages.length > 0) {
      reading = await readScan(document, options, { recognise, pages });
    } else if (reading.kind === "refused" && pages.length > 0) {
      throw refused({ ...reading, message: reading.message + NOT_RECOGNISED });
    }
    if (reading.kind === "refused") throw refused(reading);
    describeSpan({ [attributeNames.pages]: reading.pages });
    const { withoutText: _, kind: __, ...text } = reading;
    return { ...text, name: document.name };
  };
  return (id, keyId, options) => {
    const attributes = { [attributeNames.documentId]: id };
    return inSpan(spanNames.readDocument, { attributes, signal: options.signal }, () =>
      read(id, keyId, options),
    );
  };
}
