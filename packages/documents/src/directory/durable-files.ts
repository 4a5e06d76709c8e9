import { type FileHandle, open, rename, rm } from "node:fs/promises";
import type { Random } from "@millrace/shared";

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT";

/** Does something with a file. Undefined if there is no such file. */
export async function ifExists<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes all of `bytes`. One write of the file may take only some of them. */
export async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await file.write(bytes, written)).bytesWritten;
  }
}

/**
 * Writes a temporary file of its own next to `path`. If `write` returns true, the file is flushed to disk and renamed to
 * `path`. Several writers of one path do not disturb each other: the last one's file stays.
 */
export async function putFile(
  path: string,
  random: Random,
  write: (file: FileHandle) => Promise<boolean>,
): Promise<void> {
  const partial = `${path}.${Buffer.from(random.bytes(12)).toString("base64url")}.part`;
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
