import { Readable } from "node:stream";
import type { DocumentStore } from "@millrace/documents";
import type { DocumentSource } from "./executors/document-text.ts";

/** Documents from the blob store, to the key that owns them alone. */
export const storedDocuments = (store: DocumentStore): DocumentSource => ({
  async read(id, keyId) {
    const document = await store.get(id, keyId as Parameters<DocumentStore["get"]>[1]);
    if (document === undefined) return undefined;
    const bytes = Buffer.concat(await Readable.from(store.read(document.id)).toArray());
    return { filename: document.name, contentType: document.contentType, bytes };
  },
});
