// The machine's Python, for clients and workers that are not written in TypeScript. `npm test` installs no
// Python. MILLRACE_PYTHON is the path of a Python that has the packages of
// sdk/python/requirements-dev.txt. Without it, the tests that need Python are reported as skipped. If it lacks packages, they fail.
// `.ci/run` installs one where it can.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const protos = join(import.meta.dirname, "../../proto");

/** Undefined if there is no Python. */
export const python = process.env.MILLRACE_PYTHON;

/** Vitest cannot end a test while it waits for a program. */
const PROTOC_TIMEOUT_MS = 60_000;

const generated = new Map<string, string>();
process.once("exit", () => {
  for (const folder of generated.values()) rmSync(folder, { recursive: true, force: true });
});

/** Generates code from these proto files, once in each process of tests. PYTHONPATH points to it. */
export function generatedForPython(...files: readonly string[]): { readonly PYTHONPATH: string } {
  if (python === undefined)
    throw new Error("MILLRACE_PYTHON is not set: set it to the path of a Python");
  const known = generated.get(files.join());
  if (known !== undefined) return { PYTHONPATH: known };
  const folder = mkdtempSync(join(tmpdir(), "millrace-python-"));
  generated.set(files.join(), folder);
  const out = [`--python_out=${folder}`, `--grpc_python_out=${folder}`];
  execFileSync(python, ["-m", "grpc_tools.protoc", "-I", protos, ...out, ...files], {
    timeout: PROTOC_TIMEOUT_MS,
  });
  return { PYTHONPATH: folder };
}
