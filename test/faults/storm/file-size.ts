import { execFile, spawnSync } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** Whether this machine can limit file sizes: Linux with util-linux. */
export const canLimitFileSize = spawnSync("prlimit", ["--version"]).status === 0;

/**
 * Limits the size of every file that a process writes, which acts on the process like a full disk. Undefined
 * removes the limit. Does nothing if the process has ended.
 */
export async function limitFileSize(pid: number, bytes: number | undefined): Promise<void> {
  const limit = bytes === undefined ? "unlimited" : String(bytes);
  // Only the soft limit is set, so that it can be raised again.
  const set = promisify(execFile)("prlimit", ["--pid", String(pid), `--fsize=${limit}:`]);
  await set.catch(() => undefined);
}

/** Returns the size of the append-only file that Redis writes now. Redis begins another file with each rewrite. */
export async function appendedBytes(folder: string): Promise<number> {
  const files = join(folder, "appendonlydir");
  const names = (await readdir(files)).filter((name) => name.endsWith(".incr.aof"));
  const number = (name: string) => Number(name.split(".").at(-3));
  const [last = ""] = names.toSorted((a, b) => number(b) - number(a));
  return (await stat(join(files, last))).size;
}
