import { createHash } from "node:crypto";
import { isDocumentId } from "@millrace/shared";
import type { Content, ContentIndex } from "../document-home.ts";
import { folderOf } from "./object-names.ts";
import type { S3Objects } from "./s3-objects.ts";

const nameOf = ({ ownerKeyId, sha256, contentType }: Content): string => {
  const hash = createHash("sha256").update(`${sha256}\n${contentType}`).digest("hex");
  return `${folderOf("same", ownerKeyId)}${hash}`;
};

/** Keeps an object `same/<key id>/<hash>` for each content, which holds the document's id. */
export function sameObjects(objects: S3Objects): ContentIndex {
  const find: ContentIndex["find"] = async (content) => {
    const id = (await objects.get(nameOf(content)))?.text;
    return id !== undefined && isDocumentId(id) ? id : undefined;
  };
  return {
    find,
    async enter(content, id, stale) {
      const name = nameOf(content);
      for (;;) {
        if (await objects.put(name, id, "absent")) return id;
        const found = await objects.get(name);
        // It was removed meanwhile.
        if (found === undefined) continue;
        const isGone = found.text === stale || !isDocumentId(found.text);
        if (!isGone) return found.text as typeof id;
        if (await objects.put(name, id, { etag: found.etag })) return id;
      }
    },
    async remove(content, id) {
      if ((await find(content)) === id) await objects.remove(nameOf(content));
    },
  };
}
