import type { DocumentStore } from "@millrace/documents";
import type { KeyId } from "@millrace/shared";
import { type AttemptContext, NonRetryableError } from "@millrace/worker-sdk";

type Json = Readonly<Record<string, unknown>>;

/** How a request refers to a document of its job. */
const REFERENCE = /^document:(doc_[0-7][0-9A-HJKMNP-TV-Z]{25})$/;
/** The fields whose value may be the content of a file, as a URL. Anywhere else the words are left as they are. */
const fields = new Set(["url", "image_url", "file_data"]);
/** Providers take less in one request. */
const MOST_BYTES = 32 * 1024 * 1024;

type Attempt = Pick<AttemptContext, "documentIds" | "keyId" | "signal">;

/** Returns a request in which references of documents are replaced by the documents themselves, as data URLs. */
export async function withDocuments(
  body: Json,
  attempt: Attempt,
  store: DocumentStore,
): Promise<Json> {
  const ids = new Set<string>();
  replaced(body, (id) => {
    ids.add(id);
    return "";
  });
  if (ids.size === 0) return body;
  const urls = new Map<string, string>();
  let bytes = 0;
  for (const id of ids) {
    if (!attempt.documentIds.includes(id)) {
      const message = `The payload refers to the document ${id}, which is none of the job's document_ids: add it to them.`;
      throw new NonRetryableError("MALFORMED", message);
    }
    const document = await store.get(id, attempt.keyId as KeyId);
    if (document === undefined) {
      throw new NonRetryableError("DOCUMENT_NOT_FOUND", `There is no document ${id}.`);
    }
    bytes += document.sizeBytes;
    if (bytes > MOST_BYTES) {
      const message = `The documents of the request have more than ${MOST_BYTES} bytes: send fewer or smaller ones.`;
      throw new NonRetryableError("TOO_LARGE", message);
    }
    const pieces: Uint8Array[] = [];
    for await (const piece of store.read(document)) {
      attempt.signal.throwIfAborted();
      pieces.push(piece);
    }
    const content = Buffer.concat(pieces).toString("base64");
    urls.set(id, `data:${document.contentType};base64,${content}`);
  }
  return replaced(body, (id) => urls.get(id) ?? "") as Json;
}

/** Returns a copy of a value in which each reference is replaced. */
function replaced(value: unknown, urlOf: (id: string) => string, field = ""): unknown {
  if (typeof value === "string") {
    const id = fields.has(field) ? REFERENCE.exec(value)?.[1] : undefined;
    return id === undefined ? value : urlOf(id);
  }
  if (Array.isArray(value)) return value.map((item) => replaced(item, urlOf));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, replaced(one, urlOf, name)]),
  );
}
