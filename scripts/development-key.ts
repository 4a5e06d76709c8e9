import { readFile, rename, writeFile } from "node:fs/promises";
import { connectMillrace, MillraceError } from "@millrace/client";
import type { LocalSystem } from "@millrace/local";
import { parseApiKey } from "@millrace/shared";

/** The API key that a file keeps, if it keeps one. */
export async function readKey(path: string): Promise<string | undefined> {
  const content = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const key = content.trim();
  return parseApiKey(key) === undefined ? undefined : key;
}

/** For its owner's eyes alone. */
export async function writeKey(path: string, key: string): Promise<void> {
  await writeFile(`${path}.new`, `${key}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** Whether the system lets a caller with this key in: it may be of a Redis that was deleted, or revoked. */
export async function opens(system: LocalSystem, apiKey: string): Promise<boolean> {
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey });
  try {
    await millrace.list({ queue: "documents", pageSize: 1 })[Symbol.asyncIterator]().next();
    return true;
  } catch (error) {
    if (error instanceof MillraceError && error.code === "UNAUTHENTICATED") return false;
    throw error;
  } finally {
    await millrace.close();
  }
}
