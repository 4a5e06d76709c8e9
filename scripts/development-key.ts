import { readFile, rename, writeFile } from "node:fs/promises";
import { connectMillrace, MillraceError } from "@millrace/client";
import type { LocalSystem } from "@millrace/local";
import { parseApiKey } from "@millrace/shared";

/** Reads the API key from a file. Undefined if there is none. */
export async function readKey(path: string): Promise<string | undefined> {
  const content = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const key = content.trim();
  return parseApiKey(key) === undefined ? undefined : key;
}

/** Writes the file so that only its owner can read it. */
export async function writeKey(path: string, key: string): Promise<void> {
  await writeFile(`${path}.new`, `${key}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** Whether the system accepts this key. It may belong to a Redis that was deleted, or may be revoked. */
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
