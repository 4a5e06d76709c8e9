import { type DocumentId, type KeyId, timeOfDocumentId } from "@millrace/shared";
import { documentNamed, type Folder, folderOf, nameIn } from "./object-names.ts";
import type { RecordObjects } from "./record-objects.ts";
import type { S3Objects } from "./s3-objects.ts";

export interface S3Leftovers {
  readonly objects: S3Objects;
  readonly records: RecordObjects;
}

/** What there is in a folder of a key: the document and the object's name. */
async function* entriesOf(objects: S3Objects, folder: Folder, keyId: KeyId) {
  const start = folderOf(folder, keyId);
  for await (const { name } of objects.list(start)) {
    const [document = ""] = name.slice(start.length).split(".");
    const id = documentNamed(document);
    if (id !== undefined) yield { id, name };
  }
}

/** Mends what a crash left of a key's documents before `beforeMs`. */
export async function tidyKey(
  { objects, records }: S3Leftovers,
  ownerKeyId: KeyId,
  beforeMs: number,
): Promise<void> {
  const described = new Set<DocumentId>();
  for await (const { id } of entriesOf(objects, "descriptions", ownerKeyId)) described.add(id);
  const filled = new Set<DocumentId>();
  for await (const { id, name } of entriesOf(objects, "content", ownerKeyId)) {
    filled.add(id);
    const isLeft = timeOfDocumentId(id) <= beforeMs && !described.has(id);
    if (isLeft) await objects.remove(name);
  }
  for await (const { id, name } of entriesOf(objects, "uploads", ownerKeyId)) {
    if (timeOfDocumentId(id) <= beforeMs) await objects.remove(name);
  }
  for await (const { id, name } of entriesOf(objects, "removals", ownerKeyId)) {
    const beganMs = Number((await objects.get(name))?.text);
    if (!(beganMs < beforeMs)) continue;
    const ref = { id, ownerKeyId };
    // It may have been in use, so it comes back if it can.
    if (!filled.has(id)) await records.forget(ref);
    else if ((await records.restore(ref, beforeMs)) === "leaving") continue;
    await objects.remove(nameIn("removals", ref));
  }
}
