import { posix } from "node:path";
import type { PackageFiles } from "./package-files.ts";
import { parseXml } from "./xml.ts";

export interface Relation {
  readonly id: string;
  /** The last part of the type's address, such as "slide". */
  readonly type: string;
  /** A path in the archive. */
  readonly path: string;
}

/** Reads what a file of an Office document refers to inside of the archive. What is outside is never followed. */
export async function relationsOf(files: PackageFiles, path: string): Promise<Relation[]> {
  const folder = posix.dirname(path);
  const found: Relation[] = [];
  await parseXml(files.pieces(posix.join(folder, "_rels", `${posix.basename(path)}.rels`)), {
    open(name, { Id: id = "", Type: type = "", Target: target = "", TargetMode: mode }) {
      if (name !== "Relationship" || mode === "External") return;
      const inside = target.startsWith("/") ? target.slice(1) : posix.join(folder, target);
      found.push({ id, type: posix.basename(type), path: decoded(inside) });
    },
    close: () => undefined,
  });
  return found;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Finds the main part of an Office document. */
export async function mainPartOf(files: PackageFiles, usual: string): Promise<string> {
  const relations = await relationsOf(files, "");
  return relations.find(({ type }) => type === "officeDocument")?.path ?? usual;
}
