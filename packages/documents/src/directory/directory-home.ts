import { createReadStream } from "node:fs";
import { mkdir, opendir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isDocumentId, type KeyId, timeOfDocumentId } from "@millrace/shared";
import { type DocumentHome, type HomeParts, LEFT_OVER_MS } from "../document-home.ts";
import type { StoredDocument } from "../stored-document.ts";
import { contentFiles } from "./content-files.ts";
import { ifExists, putFile, syncDirectory, writeAll } from "./durable-files.ts";
import { type KeyFiles, keyFiles } from "./key-files.ts";
import { type RecordFiles, recordFiles } from "./record-files.ts";

/**
 * Documents in a directory: `<id>` has the content and `<id>.json` the description. A document exists once its
 * description does. The description is renamed into place last, after the content is on disk, and taken away first. What
 * each key stores is in `keys/`, and which content is which document in `contents/`.
 */
export async function openDirectoryHome(
  directory: string,
  { clock, random, later }: HomeParts,
): Promise<DocumentHome> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const byKey = keyFiles(directory, clock);
  const contentPath = (id: string) => {
    if (!isDocumentId(id)) throw new Error(`${JSON.stringify(id)} is not a document id`);
    return join(directory, id);
  };
  const records = recordFiles((id) => `${contentPath(id)}.json`, clock, random);
  const discard: DocumentHome["discard"] = async ({ id, ownerKeyId, sizeBytes }) => {
    await rm(contentPath(id), { force: true });
    await records.forget(id);
    await byKey.remove(ownerKeyId, id, sizeBytes);
  };
  const parts = { byKey, records, contentPath, discard };

  return {
    ...{ contents: contentFiles(directory), discard },
    bytesOf: byKey.bytesOf,
    owners: byKey.owners,

    write: ({ id }, content, keep) =>
      putFile(contentPath(id), random, async (file) => {
        for await (const piece of content) await writeAll(file, piece);
        return keep(file.fd);
      }),

    read: ({ id }) => createReadStream(contentPath(id)),

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

    async find({ id, ownerKeyId }) {
      const document = await records.read(id);
      return document?.ownerKeyId === ownerKeyId ? document : undefined;
    },

    use: ({ id }, atMs) => records.use(id, atMs),

    async renew({ id }, expiresAtMs) {
      const before = (await records.use(id)) ? await records.read(id) : undefined;
      if (before === undefined) return undefined;
      const { usedAtMs: _, expiresAtMs: old, ...rest } = before;
      const expiry = later(old, expiresAtMs);
      if (expiry === old) return before;
      return records.replace(expiry === undefined ? rest : { ...rest, expiresAtMs: expiry });
    },

    takeAway: ({ id }, usedAtMs) => records.takeAway(id, usedAtMs),

    async newest(keyId, count, below) {
      const ids = (await byKey.entriesOf(keyId)).map(({ id }) => id).reverse();
      return ids.filter((id) => below === undefined || id < below).slice(0, count);
    },

    tidy: (keyId) => tidy(parts, keyId, clock.nowMs()),
    tidyUploads: () => tidyUploads(parts, directory, clock.nowMs()),
  };
}

interface DirectoryParts {
  readonly byKey: KeyFiles;
  readonly records: RecordFiles;
  contentPath(id: string): string;
  discard(document: Pick<StoredDocument, "id" | "ownerKeyId" | "sizeBytes">): Promise<void>;
}

/**
 * Mends what a crash left of a key's documents a day ago: an entry without a description is removed with its content, and a
 * description that was taken away and not deleted comes back, because the document may have been in use.
 */
async function tidy(
  { byKey, records, contentPath, discard }: DirectoryParts,
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
async function tidyUploads(
  { records, contentPath }: Pick<DirectoryParts, "records" | "contentPath">,
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
