import type { DocumentStore } from "@millrace/documents";
import { isDocumentId, type KeyId } from "@millrace/shared";
import { ownDocument } from "../../documents/own-document.ts";
import { isObject, type JsonObject, malformed } from "./read-call.ts";

/** How a request refers to a document, where a provider takes a file as a URL. The worker puts the document in its place. */
const REFERENCE = "document:";

/** Each object in a value, at any depth. */
function* objectsIn(value: unknown): Generator<JsonObject> {
  const waiting: unknown[] = [value];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next !== "object" || next === null) continue;
    if (isObject(next)) yield next;
    for (const part of Object.values(next)) if (part !== null) waiting.push(part);
  }
}

const isFile = ({ file_id: id }: JsonObject): boolean => typeof id === "string" && isDocumentId(id);

/** Finds the documents that a body names: as a file, or by a reference. A worker may read only what its job names. */
export function documentsIn(body: JsonObject): ReadonlySet<string> {
  const found = new Set<string>();
  for (const object of objectsIn(body)) {
    if (isFile(object)) found.add(String(object.file_id));
    for (const value of Object.values(object)) {
      if (typeof value !== "string" || !value.startsWith(REFERENCE)) continue;
      const id = value.slice(REFERENCE.length);
      if (isDocumentId(id)) found.add(id);
    }
  }
  return found;
}

/** A part of a request that names a file, as one that has its content. */
function withContent(part: JsonObject, name: string): JsonObject {
  const { file_id: id, ...rest } = part;
  const reference = `${REFERENCE}${id}`;
  if (part.type === "input_image") return { ...rest, image_url: reference };
  return { filename: name, ...rest, file_data: reference };
}

/**
 * Replaces the ids of files by references of their documents: a provider does not know our files. Returns the body itself if
 * it names none. Throws DOCUMENT_NOT_FOUND.
 */
export async function withFiles(
  documents: Pick<DocumentStore, "get">,
  body: JsonObject,
  keyId: KeyId,
): Promise<JsonObject> {
  const names = new Map<string, string>();
  for (const object of objectsIn(body)) {
    const id = String(object.file_id);
    if (isFile(object) && !names.has(id)) {
      names.set(id, (await ownDocument(documents, id, keyId)).name);
    }
  }
  if (names.size === 0) return body;
  const replaced = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(replaced);
    if (!isObject(value)) return value;
    const whole = Object.fromEntries(
      Object.entries(value).map(([name, part]) => [name, replaced(part)]),
    );
    return isFile(value) ? withContent(whole, names.get(String(value.file_id)) ?? "") : whole;
  };
  try {
    return replaced(body) as JsonObject;
  } catch {
    // JSON.parse accepts more levels than a function may call itself.
    throw malformed("input", "is nested too deeply");
  }
}
