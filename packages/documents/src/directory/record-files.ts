import { link, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import type { Clock, DocumentId, Random } from "@millrace/shared";
import type { LivingDocument, StoredDocument } from "../stored-document.ts";
import { ifExists, putFile, writeAll } from "./durable-files.ts";

/** The descriptions of documents: one file of JSON for each. Its modification time is the time of the last use. */
export interface RecordFiles {
  create(document: StoredDocument): Promise<LivingDocument>;
  read(id: DocumentId): Promise<LivingDocument | undefined>;
  /** Records a use now, or one at `atMs` if no later one is recorded. Returns false if the document is gone. After it, `takeAway` leaves the document. */
  use(id: DocumentId, atMs?: number): Promise<boolean>;
  /** Replaces the description of a document that is in use. */
  replace(document: StoredDocument): Promise<LivingDocument>;
  /** Takes a description away, after which the document does not exist. "used": it was used after `usedAtMs`, and stays. */
  takeAway(id: DocumentId, usedAtMs: number): Promise<"taken" | "used" | "missing">;
  /** Whether a document has a description, also one that is being taken away. */
  isThere(id: DocumentId): Promise<boolean>;
  /**
   * Brings a description back that was taken away before `beforeMs` and is still there: a crash left it. Returns whether
   * there was one. By the clock of the files' computer.
   */
  restore(id: DocumentId, beforeMs: number): Promise<boolean>;
  /** Deletes what `takeAway` has left, last of all files of a document. */
  forget(id: DocumentId): Promise<void>;
}

export function recordFiles(
  pathOf: (id: DocumentId) => string,
  clock: Clock,
  random: Random,
): RecordFiles {
  const awayPath = (id: DocumentId) => `${pathOf(id)}.away`;
  const set = async (path: string, atMs: number) => utimes(path, atMs / 1_000, atMs / 1_000);
  const write = async (document: StoredDocument): Promise<LivingDocument> => {
    const usedAtMs = clock.nowMs();
    await putFile(pathOf(document.id), random, async (file) => {
      await writeAll(file, Buffer.from(JSON.stringify(document)));
      await file.utimes(usedAtMs / 1_000, usedAtMs / 1_000);
      return true;
    });
    return { ...document, usedAtMs };
  };

  /**
   * If the description was replaced while it was away, the new one stays. After any other error the description that was
   * taken away is the only one, so it is not deleted.
   */
  const bringBack = async (id: DocumentId) => {
    await link(awayPath(id), pathOf(id)).catch((error: unknown) => {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) {
        return rename(awayPath(id), pathOf(id));
      }
    });
    await rm(awayPath(id), { force: true });
  };

  return {
    create: write,
    replace: write,
    read: (id) =>
      ifExists(async () => {
        const [text, { mtimeMs }] = await Promise.all([
          readFile(pathOf(id), "utf8"),
          stat(pathOf(id)),
        ]);
        return { ...(JSON.parse(text) as StoredDocument), usedAtMs: Math.round(mtimeMs) };
      }),
    async use(id, atMs) {
      const used = await ifExists(async () => {
        const isLater = atMs === undefined || Math.round((await stat(pathOf(id))).mtimeMs) < atMs;
        if (isLater) await set(pathOf(id), atMs ?? clock.nowMs());
        return true;
      });
      return used === true;
    },
    async takeAway(id, usedAtMs) {
      const moved = await ifExists(() =>
        rename(pathOf(id), awayPath(id)).then(() => stat(awayPath(id))),
      );
      if (moved === undefined) return "missing";
      if (Math.round(moved.mtimeMs) === usedAtMs) {
        // A crash while it was brought back leaves both names, and renaming one to the other then changes nothing.
        if (moved.nlink > 1) await rm(pathOf(id), { force: true });
        return "taken";
      }
      // A use before the rename counts.
      await bringBack(id);
      return "used";
    },
    async isThere(id) {
      // A description that comes back is at its place before it is no longer away.
      for (const path of [pathOf(id), awayPath(id), pathOf(id)]) {
        if ((await ifExists(() => stat(path))) !== undefined) return true;
      }
      return false;
    },
    async restore(id, beforeMs) {
      // A rename changes the status of a file, and nothing else does once it is away.
      const away = await ifExists(() => stat(awayPath(id)));
      if (away === undefined) return false;
      if (away.ctimeMs < beforeMs) await bringBack(id);
      return true;
    },
    forget: (id) => rm(awayPath(id), { force: true }),
  };
}
