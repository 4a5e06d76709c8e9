// A Python of the machine's, for clients and workers that are not written in TypeScript. `npm test` brings
// none: without MILLRACE_PYTHON, the path of one that has examples/python-worker/requirements.txt, the
// tests that need it are reported as skipped. `.ci/run` makes one where it can.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const protos = join(import.meta.dirname, "../../proto");

/** Left out: there is none. */
export const python = process.env.MILLRACE_PYTHON;

const generated = new Map<string, string>();
process.once("exit", () => {
  for (const folder of generated.values()) rmSync(folder, { recursive: true, force: true });
});

/** Generates what these proto files say, once for a process of tests; PYTHONPATH finds it. */
export function generatedForPython(...files: readonly string[]): { readonly PYTHONPATH: string } {
  if (python === undefined) throw new Error("there is no Python: set MILLRACE_PYTHON");
  const known = generated.get(files.join());
  if (known !== undefined) return { PYTHONPATH: known };
  const folder = mkdtempSync(join(tmpdir(), "millrace-python-"));
  generated.set(files.join(), folder);
  const out = [`--python_out=${folder}`, `--grpc_python_out=${folder}`];
  execFileSync(python, ["-m", "grpc_tools.protoc", "-I", protos, ...out, ...files]);
  return { PYTHONPATH: folder };
}
