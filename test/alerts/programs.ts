import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export const root = join(import.meta.dirname, "../..");

/** Returns the first of these programs that is installed. Reports if none is, because tests are then skipped. */
export function installed(what: string, ...names: string[]): string | undefined {
  for (const name of names) {
    try {
      execFileSync(name, ["--version"], { stdio: "ignore" });
      return name;
    } catch {
      // The next name may be installed.
    }
  }
  process.stderr.write(`SKIPPED: ${names.join(" or ")} is not installed, so ${what}.\n`);
  return undefined;
}

/** Runs something when a test, or a file of tests, is over. */
export type Defer = (end: () => Promise<void>) => void;

/** A folder that is removed at the end: by default, of the test. */
export async function folder(defer: Defer = onTestFinished): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "millrace-alerts-"));
  defer(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Starts a program, and resolves once its log, which goes to stderr, contains `ready`. It ends at the end of the test by default. */
export async function startProgram(
  program: string,
  args: readonly string[],
  ready: string,
  defer: Defer = onTestFinished,
): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  defer(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  let log = "";
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) =>
      reject(new Error(`${program} ended with ${code}: ${log.slice(-2_000)}`)),
    );
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      log += text;
      if (log.includes(ready)) resolve();
    });
  });
  return child;
}
