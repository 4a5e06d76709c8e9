import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Clock,
  type DocumentId,
  isDocumentId,
  isKeyId,
  type KeyId,
  timeOfDocumentId,
} from "@millrace/shared";
import { countedAs } from "../document-home.ts";
import { knownBytes } from "../known-bytes.ts";
import { ifExists, syncDirectory } from "./durable-files.ts";

/** A key without documents has no directory. */
const namesIn = async (directory: string): Promise<string[]> =>
  (await ifExists(() => readdir(directory))) ?? [];

interface KeyEntry {
  readonly id: DocumentId;
  readonly sizeBytes: number;
  readonly createdAtMs: number;
}

/** Knows how many bytes the documents of each key take. */
export interface KeyFiles {
  /** Returns a key's bytes as this gateway knows them. Its own documents count at once, other gateways' within 10 s. */
  bytesOf(keyId: KeyId): Promise<number>;
  /** The entries of a key, oldest first: also of documents that are being stored, or were left over by a crash. */
  entriesOf(keyId: KeyId): Promise<KeyEntry[]>;
  /** The keys that have documents. */
  owners(): Promise<readonly KeyId[]>;
  /** Counts a document, durably. */
  add(keyId: KeyId, id: DocumentId, sizeBytes: number): Promise<void>;
  /** Removes a document from the count. */
  remove(keyId: KeyId, id: DocumentId, sizeBytes: number): Promise<void>;
}

/**
 * Keeps an empty file `keys/<key id>/<document id>.<bytes>` for each document. So one directory tells what a key
 * stores, and no document has to be read. An entry is created before its document, and removed after it. A crash
 * in between therefore counts too much, never too little.
 */
export function keyFiles(directory: string, clock: Clock): KeyFiles {
  const keys = join(directory, "keys");
  const entries = (keyId: KeyId) => {
    if (!isKeyId(keyId)) throw new Error(`${JSON.stringify(keyId)} is not a key id`);
    return join(keys, keyId);
  };
  const pathOf = (keyId: KeyId, id: DocumentId, sizeBytes: number) =>
    join(entries(keyId), `${id}.${sizeBytes}`);
  const known = knownBytes(async (keyId) => {
    const names = await namesIn(entries(keyId));
    const sizes = names.map((name) => Number(name.split(".")[1]));
    return sizes.reduce((sum, size) => sum + countedAs(size || 0), 0);
  }, clock);

  return {
    bytesOf: known.of,
    async entriesOf(keyId) {
      const names = await namesIn(entries(keyId));
      const all = names.sort().map((name) => {
        const [id = "", size] = name.split(".");
        return { id, sizeBytes: Number(size) };
      });
      return all.flatMap(({ id, sizeBytes }) =>
        isDocumentId(id) ? [{ id, sizeBytes, createdAtMs: timeOfDocumentId(id) }] : [],
      );
    },
    async owners() {
      return (await namesIn(keys)).filter(isKeyId);
    },
    async add(keyId, id, sizeBytes) {
      await mkdir(entries(keyId), { recursive: true, mode: 0o700 });
      await writeFile(pathOf(keyId, id, sizeBytes), "", { mode: 0o600, flag: "wx" });
      // The key's directory may be new, made by this upload or by another one that has not flushed it yet.
      for (const changed of [entries(keyId), keys, directory]) await syncDirectory(changed);
      known.change(keyId, countedAs(sizeBytes));
    },
    async remove(keyId, id, sizeBytes) {
      await rm(pathOf(keyId, id, sizeBytes), { force: true });
      known.change(keyId, -countedAs(sizeBytes));
    },
  };
}
