/**
 * The last release, as it was committed: a copy of its files with its own dependencies. It is made below .millrace/releases, and
 * made once. A checkout without its history cannot make it; then the tests that need it are skipped, and say so.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

/** What this version must work with. The commit is that of the tag v0.1.0. */
export const lastRelease = {
  version: "0.1.0",
  commit: "f4275cf7bc651dbdbd362c0b86181251a839a2df",
} as const;

const root = join(import.meta.dirname, "../..");
const folder = join(root, ".millrace/releases", lastRelease.commit);

const run = (program: string, args: readonly string[], cwd: string): void => {
  execFileSync(program, args, { cwd, stdio: ["ignore", "ignore", "inherit"] });
};

const isKnown = (): boolean => {
  try {
    run("git", ["cat-file", "-e", `${lastRelease.commit}^{commit}`], root);
    return true;
  } catch {
    return false;
  }
};

/** Returns the folder of the release, or undefined if this checkout does not have its commit. */
export function releasedFolder(): string | undefined {
  if (existsSync(folder)) return folder;
  if (!isKnown()) return undefined;
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  const archive = join(unfinished, "release.tar");
  run("git", ["archive", "--output", archive, lastRelease.commit], root);
  run("tar", ["--extract", "--file", archive], unfinished);
  rmSync(archive);
  run("pnpm", ["install", "--frozen-lockfile", "--prefer-offline", "--silent"], unfinished);
  renameSync(unfinished, folder);
  return folder;
}
