import { posix } from "node:path";
import { decode } from "../decode.ts";
import { damaged, type Reading, UnreadableDocument } from "../format.ts";
import { namedEncodingOf } from "../html.ts";
import { addHtml } from "../html-text.ts";
import { PackageFiles } from "./package-files.ts";
import { type Attributes, parseXml } from "./xml.ts";

/** Fonts of free books are obfuscated, which hinders nobody from reading. Everything else that is encrypted does. */
const obfuscated = new Set([
  "http://www.idpf.org/2008/embedding",
  "http://ns.adobe.com/pdf/enc#RC",
]);

type Attribute = (name: string, attributes: Attributes) => void;
const parse = (files: PackageFiles, path: string, open: Attribute) =>
  parseXml(files.pieces(path), { open, close: () => undefined });

async function assertOpen(files: PackageFiles): Promise<void> {
  const algorithms: string[] = [];
  await parse(files, "META-INF/encryption.xml", (name, { Algorithm }) => {
    if (name === "EncryptionMethod" && Algorithm !== undefined) algorithms.push(Algorithm);
  });
  if (algorithms.every((algorithm) => obfuscated.has(algorithm))) return;
  const problem = "is protected against copying (DRM): submit an edition without protection.";
  throw new UnreadableDocument("DOCUMENT_ENCRYPTED", problem);
}

/** Returns the paths of a book's chapters in reading order, without its table of contents. */
async function chaptersOf(files: PackageFiles): Promise<string[]> {
  let root = "";
  await parse(files, "META-INF/container.xml", (name, attributes) => {
    if (name === "rootfile" && root === "") root = attributes["full-path"] ?? "";
  });
  const items = new Map<string, string>();
  const spine: string[] = [];
  await parse(files, root, (name, { id = "", href = "", idref = "", properties = "" }) => {
    if (name === "item" && !properties.split(/\s+/).includes("nav")) items.set(id, href);
    else if (name === "itemref") spine.push(idref);
  });
  return spine.flatMap((id) => {
    const href = items.get(id)?.split("#")[0];
    if (href === undefined) return [];
    const path = posix.join(posix.dirname(root), href);
    return [files.has(path) ? path : posix.join(posix.dirname(root), safelyDecoded(href))];
  });
}

function safelyDecoded(href: string): string {
  try {
    return decodeURIComponent(href);
  } catch {
    return href;
  }
}

/** Reads a book in its reading order. */
export async function readEpub(bytes: Uint8Array, reading: Reading): Promise<void> {
  const files = await PackageFiles.open(bytes);
  await assertOpen(files);
  const chapters = await chaptersOf(files);
  if (chapters.length === 0) throw damaged();
  for (const [index, path] of chapters.entries()) {
    const chapter = await files.read(path);
    if (chapter.length > 0) {
      addHtml(decode(chapter, reading, namedEncodingOf(chapter)), reading.parts);
    }
    reading.progress(index + 1, chapters.length);
  }
}
