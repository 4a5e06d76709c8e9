import { mkdir, opendir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  type Clock,
  type DocumentId,
  isDocumentId,
  type KeyId,
  type Random,
  timeOfDocumentId,
} from "@millrace/shared";
import { type ContentIndex, contentIndex } from "./content-index.ts";
import {
  type DocumentRecords,
  documentRecords,
  type LivingDocument,
  type StoredDocument,
} from "./document-records.ts";
import { ifExists, syncDirectory } from "./durable-files.ts";
import { type StoredByKey, storedByKey } from "./stored-by-key.ts";

/**
 * Where documents are: `<id>` has the content and `<id>.json` the description. A document exists once its
 * description does. The description is renamed into place last, after the content is on disk, and taken away first. What
 * each key stores is in `keys/`, and which content is which document in `contents/`.
 */
export interface DocumentFiles {
  readonly byKey: StoredByKey;
  readonly contents: ContentIndex;
  readonly records: DocumentRecords;
  contentPath(id: string): string;
  /** Makes a document of content that is on disk. */
  create(document: StoredDocument): Promise<LivingDocument>;
  /** Deletes the files of a document whose description was taken away, or never written. */
  discard(document: Pick<StoredDocument, "id" | "ownerKeyId" | "sizeBytes">): Promise<void>;
  /**
   * Has a document live on whose content was uploaded again: its retention begins anew, and the later expiry holds.
   * Undefined if it is gone.
   */
  renew(id: DocumentId, expiresAtMs: number | undefined): Promise<LivingDocument | undefined>;
}

export async function openDocumentFiles(
  directory: string,
  clock: Clock,
  random: Random,
  retentionMs = Number.POSITIVE_INFINITY,
): Promise<DocumentFiles> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const byKey = storedByKey(directory, clock);
  const contentPath = (id: string) => {
    if (!isDocumentId(id)) throw new Error(`${JSON.stringify(id)} is not a document id`);
    return join(directory, id);
  };
  const records = documentRecords((id) => `${contentPath(id)}.json`, clock, random);
  /** Of an expiry and none, which means the retention from now on, the later end holds. */
  const later = (...expiries: readonly (number | undefined)[]): number | undefined => {
    const end = (expiresAtMs = clock.nowMs() + retentionMs) => expiresAtMs;
    return expiries.reduce((a, b) => (end(a) >= end(b) ? a : b));
  };
  const discard: DocumentFiles["discard"] = async ({ id, ownerKeyId, sizeBytes }) => {
    await rm(contentPath(id), { force: true });
    await records.forget(id);
    await byKey.remove(ownerKeyId, id, sizeBytes);
  };

  return {
    ...{ byKey, contents: contentIndex(directory), records, contentPath, discard },

    async create(document) {
      const { id, ownerKeyId, sizeBytes } = document;
      await byKey.add(ownerKeyId, id, sizeBytes);
      try {
        const living = await records.create(document);
        await syncDirectory(directory);
        return living;
      } catch (error) {
        await rm(`${contentPath(id)}.json`, { force: true });
        await discard(document);
        throw error;
      }
    },

    async renew(id, expiresAtMs) {
      const before = (await records.use(id)) ? await records.read(id) : undefined;
      if (before === undefined) return undefined;
      const { usedAtMs: _, expiresAtMs: old, ...rest } = before;
      const expiry = later(old, expiresAtMs);
      if (expiry === old) return before;
      return records.replace(expiry === undefined ? rest : { ...rest, expiresAtMs: expiry });
    },
  };
}

/** What is younger may belong to an upload or a removal that is under way. */
const LEFT_OVER_MS = 24 * 3_600_000;

/**
 * Mends what a crash left of a key's documents a day ago: an entry without a description is removed with its content, and a
 * description that was taken away and not deleted comes back, because the document may have been in use.
 */
export async function tidy(
  { byKey, records, contentPath, discard }: DocumentFiles,
  ownerKeyId: KeyId,
  nowMs: number,
): Promise<void> {
  const beforeMs = nowMs - LEFT_OVER_MS;
  for (const { id, sizeBytes, createdAtMs } of await byKey.entriesOf(ownerKeyId)) {
    if (createdAtMs > beforeMs || (await records.read(id)) !== undefined) continue;
    const hasContent = (await ifExists(() => stat(contentPath(id)))) !== undefined;
    if (hasContent && (await records.restore(id, beforeMs))) continue;
    await discard({ id, ownerKeyId, sizeBytes });
  }
}

/** Removes the files of uploads that a crash ended a day ago: content that is no document's, and parts of content. */
export async function tidyUploads(
  { records, contentPath }: Pick<DocumentFiles, "records" | "contentPath">,
  directory: string,
  nowMs: number,
): Promise<void> {
  const beforeMs = nowMs - LEFT_OVER_MS;
  for await (const { name } of await opendir(directory)) {
    const [id = "", ...rest] = name.split(".");
    if (!isDocumentId(id) || timeOfDocumentId(id) > beforeMs) continue;
    if (rest.at(-1) === "part") {
      const path = join(directory, name);
      // A description is replaced long after its document was made.
      const { mtimeMs = nowMs } = (await ifExists(() => stat(path))) ?? {};
      if (mtimeMs < beforeMs) await rm(path, { force: true });
    } else if (rest.length === 0 && !(await records.isThere(id))) {
      await rm(contentPath(id), { force: true });
    }
  }
}
