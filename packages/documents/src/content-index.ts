import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DocumentId, isDocumentId, isKeyId, type KeyId } from "@millrace/shared";
import { ifExists } from "./durable-files.ts";

/** What makes two documents of a key the same one. */
export interface Content {
  readonly ownerKeyId: KeyId;
  readonly sha256: string;
  readonly contentType: string;
}

/** Finds the document of a key by its content. */
export interface ContentIndex {
  find(content: Content): Promise<DocumentId | undefined>;
  /**
   * Enters a document. Returns the document that was entered first, if another upload of the content was faster.
   * `stale` is the entry of a document that is gone; it is replaced.
   */
  enter(content: Content, id: DocumentId, stale?: DocumentId): Promise<DocumentId>;
  /** Removes the entry of a document. */
  remove(content: Content, id: DocumentId): Promise<void>;
}

/**
 * Keeps a file `contents/<key id>/<hash>` for each content, which holds the document's id. An entry may outlive its document
 * after a crash: whoever finds it looks whether the document exists.
 */
export function contentIndex(directory: string): ContentIndex {
  const pathOf = ({ ownerKeyId, sha256, contentType }: Content) => {
    if (!isKeyId(ownerKeyId)) throw new Error(`${JSON.stringify(ownerKeyId)} is not a key id`);
    const hash = createHash("sha256").update(`${sha256}\n${contentType}`).digest("hex");
    return join(directory, "contents", ownerKeyId, hash);
  };
  const find = async (content: Content) => {
    const id = await ifExists(() => readFile(pathOf(content), "utf8"));
    return id !== undefined && isDocumentId(id) ? id : undefined;
  };
  return {
    find,
    async enter(content, id, stale) {
      const path = pathOf(content);
      await mkdir(join(path, ".."), { recursive: true, mode: 0o700 });
      if (stale !== undefined && (await find(content)) === stale) await rm(path, { force: true });
      try {
        await writeFile(path, id, { mode: 0o600, flag: "wx" });
        return id;
      } catch (error) {
        const first = await find(content);
        // A crash while the entry was written leaves it empty.
        if (first === undefined) await writeFile(path, id, { mode: 0o600 });
        if (error instanceof Error && "code" in error && error.code === "EEXIST")
          return first ?? id;
        throw error;
      }
    },
    async remove(content, id) {
      if ((await find(content)) === id) await rm(pathOf(content), { force: true });
    },
  };
}
