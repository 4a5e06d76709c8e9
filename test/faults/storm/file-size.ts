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

/** How long the append-only file is that Redis writes now: it begins another when it writes all anew. */
export async function appendedBytes(folder: string): Promise<number> {
  const files = join(folder, "appendonlydir");
  const names = (await readdir(files)).filter((name) => name.endsWith(".incr.aof"));
  const number = (name: string) => Number(name.split(".").at(-3));
  const [last = ""] = names.toSorted((a, b) => number(b) - number(a));
  return (await stat(join(files, last))).size;
}
