import type { DocumentStore } from "@millrace/documents";
import { withFiles as withFilesNamed } from "@millrace/job-types";
import type { KeyId } from "@millrace/shared";
import { ownDocument } from "../../documents/own-document.ts";
import { type JsonObject, malformed } from "./read-call.ts";

/**
 * Replaces the ids of a key's files by references of their documents. Returns the body itself if it names none. Throws
 * DOCUMENT_NOT_FOUND.
 */
export async function withFiles(
  documents: Pick<DocumentStore, "get">,
  body: JsonObject,
  keyId: KeyId,
): Promise<JsonObject> {
  try {
    return await withFilesNamed(body, async (id) => (await ownDocument(documents, id, keyId)).name);
  } catch (error) {
    // JSON.parse accepts more levels than a function may call itself.
    if (error instanceof RangeError) throw malformed("input", "is nested too deeply");
    throw error;
  }
}
