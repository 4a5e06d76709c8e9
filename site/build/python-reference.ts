import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./pages.ts";

/** Returns the page of the SDK for Python. Undefined where there is no Python with the packages of requirements.txt. */
export function pythonPage(python: string | undefined): string | undefined {
  if (python === undefined) return undefined;
  if (spawnSync(python, ["-c", "import griffe"]).status !== 0) return undefined;
  const script = join(import.meta.dirname, "python_reference.py");
  const { status, stdout, stderr } = spawnSync(python, [script, join(root, "sdk/python/src")], {
    encoding: "utf8",
    maxBuffer: 16 * 1024 * 1024,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
  });
  if (status !== 0) throw new Error(`python_reference.py ended with ${status}:\n${stderr}`);
  return stdout;
}
