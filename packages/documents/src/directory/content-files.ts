import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDocumentId, isKeyId } from "@millrace/shared";
import type { Content, ContentIndex } from "../document-home.ts";
import { ifExists } from "./durable-files.ts";

/** Keeps a file `contents/<key id>/<hash>` for each content, which holds the document's id. */
export function contentFiles(directory: string): ContentIndex {
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
