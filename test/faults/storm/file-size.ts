import { execFile, spawnSync } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** Whether this machine can: Linux, with util-linux. */
export const canLimitFileSize = spawnSync("prlimit", ["--version"]).status === 0;

/** No file of this process may grow beyond it, which to the process is a full disk. Undefined: any size. One that has ended is left alone. */
export async function limitFileSize(pid: number, bytes: number | undefined): Promise<void> {
  const limit = bytes === undefined ? "unlimited" : String(bytes);
  // The soft limit alone: it may be raised again.
  const set = promisify(execFile)("prlimit", ["--pid", String(pid), `--fsize=${limit}:`]);
  await set.catch(() => undefined);
}

/** How long the longest file below a folder is. */
export async function largestFile(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size);
  return Math.max(0, ...(await Promise.all(sizes)));
}
