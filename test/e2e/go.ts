// The machine's Go, for the examples in Go. MILLRACE_GO is the path of the `go` command. Without it, the tests that need Go are
// reported as skipped. The examples' modules come from a Go module proxy, so `.ci/run` sets it only where they can be built.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const examples = join(root, "examples/go");
const programs = join(root, ".toolchain/go-examples");
/** Vitest cannot end a test while it waits for a program. */
const TIMEOUT_MS = 300_000;

/** Undefined if there is no Go. */
export const go = process.env.MILLRACE_GO;

/** Runs a command of Go in a module of this repository. Throws with what it prints if it fails. */
export function runGo(module: "sdk/go" | "examples/go", ...args: readonly string[]): string {
  if (go === undefined) throw new Error("MILLRACE_GO is not set: set it to the path of go");
  const options = { cwd: join(root, module), encoding: "utf8", timeout: TIMEOUT_MS } as const;
  return execFileSync(go, args, options);
}

/** A command for a shell that builds an example and becomes it. A second build takes less than a second. */
export function goCommand(example: "caller" | "worker"): string {
  mkdirSync(programs, { recursive: true });
  const program = join(programs, `${example}-${process.pid}`);
  const build = `cd "${examples}" && "${go}" build -o "${program}" ./${example}`;
  return `sh -c '${build} && exec "${program}" "$@"' ${example}`;
}
