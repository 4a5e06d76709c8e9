// Starts the program that is tested, as an operator would.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { LocalSystem } from "@millrace/local";
import { onTestFinished } from "vitest";
import { go, goCommand } from "../e2e/go.ts";
import { python } from "../e2e/python.ts";

const root = join(import.meta.dirname, "../..");

export const WORKER_TOKEN = "a-token-for-workers";

export interface WorkerProgram {
  readonly name: string;
  /** A command for a shell. */
  readonly command: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly skipped?: boolean;
  /** An example on one of the SDKs: it has no executors for the other types, and the rest is tested with the SDK. */
  readonly onlyCountsWords?: boolean;
  /** It has an executor for each type of README.md, so no test of a type may be skipped. */
  readonly servesAllTypes?: boolean;
}

/** What `npm run conformance` names, or else the workers of this repository. */
export function workerPrograms(): readonly WorkerProgram[] {
  const named = process.env.MILLRACE_CONFORMANCE_WORKER;
  if (named !== undefined) return [{ name: named, command: named }];
  const inNode = (path: string) => `"${process.execPath}" "${join(root, path)}"`;
  const inPython = (path: string) => ({
    command: `"${python ?? "python3"}" "${join(root, path)}"`,
    env: { PYTHONPATH: join(root, "sdk/python/src") },
    skipped: python === undefined,
  });
  return [
    {
      name: "the SDK for TypeScript",
      command: inNode("test/conformance/workers/all-types.ts"),
      servesAllTypes: true,
    },
    {
      name: "the SDK for Python (needs MILLRACE_PYTHON)",
      ...inPython("test/conformance/workers/all_types.py"),
      servesAllTypes: true,
    },
    {
      name: "the example in TypeScript",
      command: inNode("examples/typescript-worker/word-count.ts"),
      onlyCountsWords: true,
    },
    {
      name: "the example in Python (needs MILLRACE_PYTHON)",
      ...inPython("examples/python-worker/word_count.py"),
      onlyCountsWords: true,
    },
    {
      name: "the example in Go (needs MILLRACE_GO)",
      command: goCommand("worker"),
      skipped: go === undefined,
      onlyCountsWords: true,
    },
  ];
}

export interface StartedWorker {
  terminate(): void;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
  /** Waits for something that the worker does. Rejects if the worker ends before. */
  meanwhile<T>(done: Promise<T>): Promise<T>;
}

/** Starts the program. It is killed when the test has finished. */
export function startProgram(
  { command, env }: WorkerProgram,
  system: LocalSystem,
  settings: Readonly<Record<string, string>> = {},
): StartedWorker {
  // `exec` replaces the shell by the program, so that signals reach it.
  const child = spawn(`exec ${command}`, {
    shell: true,
    env: {
      ...process.env,
      ...env,
      MILLRACE_SCHEDULER_ADDRESS: system.workerTarget,
      MILLRACE_WORKER_TOKEN: WORKER_TOKEN,
      ...settings,
    },
    stdio: ["ignore", "ignore", process.env.MILLRACE_CONFORMANCE_WORKER ? "inherit" : "ignore"],
  });
  const ended = once(child, "exit").then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return {
    terminate: () => child.kill("SIGTERM"),
    ended,
    meanwhile: (done) =>
      Promise.race([
        done,
        ended.then((code) => {
          throw new Error(
            `the worker ended with code ${code} before the test had finished: ${command}`,
          );
        }),
      ]),
  };
}
