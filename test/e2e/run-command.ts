import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished, vi } from "vitest";

const root = join(import.meta.dirname, "../..");

// Each test starts all processes, some more than once, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000 });

/** Runs the program of `npm start` or `npm run demo` without a terminal. */
export function runCommand(command: "start" | "demo", env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ["scripts/run.mjs", command], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  const arrivals = new EventTarget();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on("line", (line) => {
      lines.push(line);
      arrivals.dispatchEvent(new Event("line"));
    });
  }
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  onTestFinished(async () => {
    child.kill("SIGINT");
    await code;
  });
  /** Resolves with the match of the first line that matches. Rejects if the program ends before. */
  const says = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = lines.map((line) => pattern.exec(line)).find((match) => match !== null);
        if (found) resolve(found[1] ?? found[0]);
      };
      arrivals.addEventListener("line", look);
      void code.then(() =>
        reject(new Error(`the program ended without printing ${pattern}:\n${lines.join("\n")}`)),
      );
      look();
    });
  return { lines, code, says, press: () => child.kill("SIGINT") };
}
