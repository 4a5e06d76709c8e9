import { isDocumentId } from "@millrace/shared";

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** How a request refers to a document, where a provider takes a file as a URL. The worker puts the document in its place. */
const REFERENCE = "document:";

/** Each object in a value, at any depth. */
function* objectsIn(value: unknown): Generator<Json> {
  const waiting: unknown[] = [value];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next !== "object" || next === null) continue;
    if (isObject(next)) yield next;
    for (const part of Object.values(next)) if (part !== null) waiting.push(part);
  }
}

const isFile = ({ file_id: id }: Json): boolean => typeof id === "string" && isDocumentId(id);

/** Finds the documents that a body names: as a file, or by a reference. A worker may read only what its job names. */
export function documentsIn(body: Json): ReadonlySet<string> {
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
function withContent(part: Json, name: string): Json {
  const { file_id: id, ...rest } = part;
  const reference = `${REFERENCE}${id}`;
  if (part.type === "input_image") return { ...rest, image_url: reference };
  return { filename: name, ...rest, file_data: reference };
}

/**
 * Replaces the ids of files by references of their documents: a provider does not know our files. Returns the body itself if
 * it names none. `nameOf` throws for a file that there is not. Throws RangeError if the body is nested too deeply.
 */
export async function withFiles(
  body: Json,
  nameOf: (documentId: string) => Promise<string>,
): Promise<Json> {
  const names = new Map<string, string>();
  for (const object of objectsIn(body)) {
    const id = String(object.file_id);
    if (isFile(object) && !names.has(id)) names.set(id, await nameOf(id));
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
  return replaced(body) as Json;
}
