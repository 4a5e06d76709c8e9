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
import { ContentCheck } from "./content-check.ts";
import type { ContentRefusal } from "./content-refusal.ts";
import type { DocumentContentType } from "./document-types.ts";
import { LEAST_BYTES, storedByKey } from "./stored-by-key.ts";
import { mayBeDeclared, typeOfContent } from "./type-of-content.ts";

export interface StoredDocument {
  readonly id: DocumentId;
  readonly ownerKeyId: KeyId;
  readonly name: string;
  readonly contentType: DocumentContentType;
  readonly sizeBytes: number;
  /** In lower-case hexadecimal. */
  readonly sha256: string;
  readonly createdAtMs: number;
}

export type PutOutcome =
  | { readonly kind: "stored"; readonly document: StoredDocument }
  | { readonly kind: "empty" }
  | { readonly kind: "tooLarge"; readonly limitBytes: number }
  /** The key's documents already take `storedBytes`. With this document they would exceed the limit. */
  | { readonly kind: "keyFull"; readonly storedBytes: number; readonly limitBytes: number }
  | {
      readonly kind: "typeMismatch";
      readonly declared: DocumentContentType;
      readonly actual: DocumentContentType;
    }
  /** The content is of no type that can be read, or it is encrypted or damaged. */
  | ({ readonly kind: "refused" } & ContentRefusal);

export interface DocumentHeader {
  /** A name for people. Empty means "document". */
  readonly name: string;
  /** Default: detected from the content. */
  readonly contentType?: DocumentContentType;
}

export interface DocumentStore {
  /**
   * Stores a document, which is durable once this resolves. Throws what `content` throws, and then keeps nothing.
   * `keyBytes` limits the bytes of all the owner's documents, including uploads under way. Default: no limit. If
   * several programs store documents, each one sees the others' documents within 10 s.
   */
  put(
    ownerKeyId: KeyId,
    header: DocumentHeader,
    content: AsyncIterable<Uint8Array>,
    keyBytes?: number,
  ): Promise<PutOutcome>;
  /** Undefined if there is no such document, or if `ownerKeyId` is given and the document belongs to another key. */
  get(id: string, ownerKeyId?: KeyId): Promise<StoredDocument | undefined>;
  /** Reads the content in order. Throws if there is no such document. */
  read(id: DocumentId): AsyncIterable<Uint8Array>;
}

export interface DocumentStoreOptions {
  /** It is created if missing. All programs that share documents use the same directory. */
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

/** Writes all of `bytes`. One write of the file may take only some of them. */
async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await file.write(bytes, written)).bytesWritten;
  }
}

/**
 * Writes a temporary file next to `path`. If `write` returns true, the file is flushed to disk and renamed to
 * `path`.
 */
async function putFile(path: string, write: (file: FileHandle) => Promise<boolean>): Promise<void> {
  const partial = `${path}.part`;
  try {
    const file = await open(partial, "wx+", 0o600);
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

/** Returns the type under which content is stored, or why it is not stored. */
async function storedTypeOf(
  check: ContentCheck,
  file: FileHandle,
  { name, contentType: declared }: DocumentHeader,
): Promise<DocumentContentType | PutOutcome> {
  const actual = await typeOfContent(check, file.fd, { name, contentType: declared });
  if (typeof actual !== "string") return { kind: "refused", ...actual };
  if (declared === undefined || mayBeDeclared(actual, declared)) return actual;
  return { kind: "typeMismatch", declared, actual };
}

/**
 * Counts the bytes of uploads under way, by key. The returned function adds bytes to a key's count and returns
 * the new count.
 */
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
 * Stores documents as files: `<id>` has the content and `<id>.json` the description. A document exists once its
 * description does. The description is renamed into place last, after the content is on disk. What each key
 * stores is in `keys/`.
 */
export async function openDocumentStore(options: DocumentStoreOptions): Promise<DocumentStore> {
  const { directory, maxBytes, clock, random } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const byKey = storedByKey(directory, clock);
  const arrive = arrivals();
  const contentPath = (id: string) => {
    if (!isDocumentId(id)) throw new Error(`${JSON.stringify(id)} is not a document id`);
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
      /** Counts more bytes of this upload. Returns the refusal if all documents of the key would then take too much. */
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
        if (sizeBytes === 0) {
          refused = { kind: "empty" };
          return false;
        }
        const typed = await storedTypeOf(check, file, header);
        if (typeof typed === "string") contentType = typed;
        else refused = typed;
        return contentType !== undefined;
      });
      if (contentType === undefined) return refused ?? { kind: "empty" };
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
