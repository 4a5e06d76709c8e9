import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  type Clock,
  type DocumentId,
  isDocumentId,
  type KeyId,
  newDocumentId,
  type Random,
} from "@millrace/shared";
import { ContentCheck, contentTypeOf, type DocumentContentType } from "./content-check.ts";
import { LEAST_BYTES, storedByKey } from "./stored-by-key.ts";

export interface StoredDocument {
  readonly id: DocumentId;
  readonly ownerKeyId: KeyId;
  readonly name: string;
  readonly contentType: DocumentContentType;
  readonly sizeBytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly createdAtMs: number;
}

export type PutOutcome =
  | { readonly kind: "stored"; readonly document: StoredDocument }
  | { readonly kind: "empty" }
  | { readonly kind: "tooLarge"; readonly limitBytes: number }
  /** The key's documents take `storedBytes` already, and with this one they would take more than the limit. */
  | { readonly kind: "keyFull"; readonly storedBytes: number; readonly limitBytes: number }
  | { readonly kind: "typeMismatch"; readonly declared: DocumentContentType | undefined };

export interface DocumentHeader {
  /** For people. Empty: "document". */
  readonly name: string;
  /** Left out: told from the content. */
  readonly contentType?: DocumentContentType;
}

export interface DocumentStore {
  /**
   * Durable once it resolves. Throws what `content` throws, and then nothing of it is kept. `keyBytes`: what all
   * documents of the owner may take, those that are being uploaded included; left out: there is no bound. Of several
   * programs that store, each sees what the others have stored within 10 s.
   */
  put(
    ownerKeyId: KeyId,
    header: DocumentHeader,
    content: AsyncIterable<Uint8Array>,
    keyBytes?: number,
  ): Promise<PutOutcome>;
  /** Undefined: there is none, or, with `ownerKeyId`, it is another key's. */
  get(id: string, ownerKeyId?: KeyId): Promise<StoredDocument | undefined>;
  /** Content in order. Throws if there is no such document. */
  read(id: DocumentId): AsyncIterable<Uint8Array>;
}

export interface DocumentStoreOptions {
  /** Made if missing. All programs that share documents name the same one. */
  readonly directory: string;
  readonly maxBytes: number;
  readonly clock: Clock;
  readonly random: Random;
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT";

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes all of `bytes`: a single write may take only some of them. */
async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await file.write(bytes, written)).bytesWritten;
  }
}

/** Writes a file beside its place, and moves it there once it is on disk: if `write` says so. */
async function putFile(path: string, write: (file: FileHandle) => Promise<boolean>): Promise<void> {
  const partial = `${path}.part`;
  try {
    const file = await open(partial, "wx", 0o600);
    let keep: boolean;
    try {
      keep = await write(file);
      if (keep) await file.sync();
    } finally {
      await file.close();
    }
    if (keep) await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}

/** Counts the bytes of uploads that are under way, by key: what it returns adds to a key's, and says how many they are then. */
function arrivals(): (keyId: KeyId, bytes: number) => number {
  const arriving = new Map<KeyId, number>();
  return (keyId, bytes) => {
    const sum = (arriving.get(keyId) ?? 0) + bytes;
    if (sum === 0) arriving.delete(keyId);
    else arriving.set(keyId, sum);
    return sum;
  };
}

/**
 * Documents as files: `<id>` and, beside it, `<id>.json`. A document exists once its JSON does,
 * which is renamed into place last, after the content is on disk. What each key stores is in `keys/`.
 */
export async function openDocumentStore(options: DocumentStoreOptions): Promise<DocumentStore> {
  const { directory, maxBytes, clock, random } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const byKey = storedByKey(directory, clock);
  const arrive = arrivals();
  const contentPath = (id: string) => {
    if (!isDocumentId(id)) throw new Error("not a document id");
    return join(directory, id);
  };

  return {
    async put(ownerKeyId, header, content, keyBytes = Number.POSITIVE_INFINITY) {
      const createdAtMs = clock.nowMs();
      const id = newDocumentId(createdAtMs, random);
      const path = contentPath(id);
      const hash = createHash("sha256");
      const check = new ContentCheck();
      let sizeBytes = 0;
      let refused: PutOutcome | undefined;
      let contentType: DocumentContentType | undefined;
      let counted = 0;
      /** Counts so many more bytes of this upload, and says so if all of the key's are too many then. */
      const fullWith = async (bytes: number): Promise<PutOutcome | undefined> => {
        if (keyBytes === Number.POSITIVE_INFINITY) return undefined;
        counted += bytes;
        const arrivingBytes = arrive(ownerKeyId, bytes);
        const storedBytes = await byKey.bytesOf(ownerKeyId);
        if (storedBytes + arrivingBytes <= keyBytes) return undefined;
        return { kind: "keyFull", storedBytes, limitBytes: keyBytes };
      };
      using stack = new DisposableStack();
      stack.defer(() => arrive(ownerKeyId, -counted));
      refused = await fullWith(LEAST_BYTES);
      if (refused !== undefined) return refused;
      await putFile(path, async (file) => {
        for await (const piece of content) {
          sizeBytes += piece.length;
          if (sizeBytes > maxBytes) refused = { kind: "tooLarge", limitBytes: maxBytes };
          else if (sizeBytes > counted) refused = await fullWith(sizeBytes - counted);
          if (refused !== undefined) return false;
          hash.update(piece);
          check.add(piece);
          await writeAll(file, piece);
        }
        if (sizeBytes === 0) refused = { kind: "empty" };
        else contentType = contentTypeOf(check.finish(), header.contentType);
        return contentType !== undefined;
      });
      if (refused !== undefined) return refused;
      if (contentType === undefined) return { kind: "typeMismatch", declared: header.contentType };
      const document: StoredDocument = {
        id,
        ownerKeyId,
        name: header.name === "" ? "document" : header.name,
        contentType,
        sizeBytes,
        sha256: hash.digest("hex"),
        createdAtMs,
      };
      await byKey.add(ownerKeyId, id, sizeBytes);
      try {
        await putFile(`${path}.json`, async (file) => {
          await writeAll(file, Buffer.from(JSON.stringify(document)));
          return true;
        });
      } catch (error) {
        await rm(path, { force: true });
        await byKey.remove(ownerKeyId, id, sizeBytes);
        throw error;
      }
      await syncDirectory(directory);
      return { kind: "stored", document };
    },

    async get(id, ownerKeyId) {
      if (!isDocumentId(id)) return undefined;
      try {
        const text = await readFile(`${contentPath(id)}.json`, "utf8");
        const document = JSON.parse(text) as StoredDocument;
        return ownerKeyId === undefined || document.ownerKeyId === ownerKeyId
          ? document
          : undefined;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },

    read: (id) => createReadStream(contentPath(id)),
  };
}
