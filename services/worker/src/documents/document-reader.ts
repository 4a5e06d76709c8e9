import type { DocumentStore, StoredDocument } from "@millrace/documents";
import type { KeyId } from "@millrace/shared";
import { attributeNames, describeSpan, inSpan, spanNames } from "@millrace/telemetry";
import { NonRetryableError } from "@millrace/worker-sdk";
import type { TaskOptions, ThreadPool, ThreadPoolOptions } from "../threads/thread-pool.ts";
import type { DocumentLimits, DocumentReading } from "./document-reading.ts";

export interface DocumentText extends Omit<DocumentReading & { kind: "text" }, "kind"> {
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
async function contentOf(store: DocumentStore, { id, sizeBytes }: StoredDocument) {
  const bytes = new Uint8Array(sizeBytes);
  let offset = 0;
  for await (const piece of store.read(id)) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

/** Reads documents from the blob store in threads, each in a span. */
export function documentReader(
  store: DocumentStore,
  threads: ThreadPool,
  limits: DocumentLimits,
  threadLimits: Pick<ThreadPoolOptions, "cpuMs" | "timeMs" | "memoryMb">,
): DocumentReader {
  const read: DocumentReader = async (id, keyId, options) => {
    const document = await store.get(id, keyId as KeyId);
    if (document === undefined) {
      throw new NonRetryableError("DOCUMENT_NOT_FOUND", `There is no document ${id}.`);
    }
    const { name: filename, contentType } = document;
    const prepare = async () => {
      const bytes = await contentOf(store, document);
      const input = { filename, contentType, bytes, limits };
      return { input, transfer: [bytes.buffer] };
    };
    const outcome = await threads.run("readDocument", prepare, { ...options, key: keyId });
    if (outcome.kind === "done") {
      const reading = outcome.value;
      if (reading.kind === "text") {
        describeSpan({ [attributeNames.pages]: reading.pages });
        return { ...reading, name: filename };
      }
      throw new NonRetryableError(reading.reason, reading.message);
    }
    const { cpuMs, timeMs, memoryMb } = threadLimits;
    const limit = {
      overCpu: `${cpuMs / 1_000} s of CPU time`,
      overTime: `${timeMs / 1_000} s`,
      overMemory: `${memoryMb} MB of memory`,
    }[outcome.kind];
    const message = `The document "${filename}" takes more than ${limit} to read: split it, or save or export it again.`;
    throw new NonRetryableError("DOCUMENT_UNREADABLE", message);
  };
  return (id, ...more) => {
    const attributes = { [attributeNames.documentId]: id };
    return inSpan(spanNames.readDocument, { attributes }, () => read(id, ...more));
  };
}
