// The SDK for Python, as its users get it: the wheel is built, installed by pip, and runs against a whole Millrace.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalSystem, startSystem } from "@millrace/local";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { python } from "./python.ts";

const sdk = join(import.meta.dirname, "../../sdk/python");
const TIMEOUT_MS = 600_000;
/** Of one program. Vitest cannot end a test while it waits for one. */
const PROGRAM_TIMEOUT_MS = 300_000;
const LEASE_MS = 2_000;
const WORKER_TOKEN = "a-token-for-workers";

/** A Python without the packages would skip all tests of the SDK where somebody meant to run them. */
function assertTools(program: string): void {
  const names =
    "build hatchling grpc mypy opentelemetry.sdk pydantic pytest pytest_asyncio ruff standardwebhooks";
  const imports = names.split(" ").map((name) => `import ${name}`);
  const { status, stderr, error } = spawnSync(program, ["-c", imports.join("; ")], {
    encoding: "utf8",
    timeout: PROGRAM_TIMEOUT_MS,
  });
  if (status === 0) return;
  const why = error?.message ?? stderr.trim().split("\n").at(-1);
  throw new Error(
    `MILLRACE_PYTHON (${program}) cannot test the SDK (${why}): install sdk/python/requirements-dev.txt there, or unset it`,
  );
}

/** Runs a program of Python. Its output is the failure's message. */
function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: sdk,
    encoding: "utf8",
    timeout: PROGRAM_TIMEOUT_MS,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", ...env },
  });
  if (status !== 0)
    throw new Error(
      `${args.join(" ")} ended with ${error?.message ?? status}:\n${stdout}\n${stderr}`,
    );
  return stdout;
}

/** The n-th block of Python in the README. */
function readmeProgram(index: number): string {
  const blocks = readFileSync(join(sdk, "README.md"), "utf8").matchAll(/```python\n([^`]+)```/g);
  return [...blocks][index]?.[1] ?? "";
}

describe.skipIf(python === undefined)(
  "the SDK for Python (needs MILLRACE_PYTHON)",
  { timeout: TIMEOUT_MS },
  () => {
    const folder = mkdtempSync(join(tmpdir(), "millrace-sdk-"));
    const installed = join(folder, "venv/bin/python");
    let system: LocalSystem;
    let env: NodeJS.ProcessEnv;

    beforeAll(async () => {
      assertTools(python ?? "");
      const scheduler = {
        MILLRACE_WORKER_TOKEN: WORKER_TOKEN,
        MILLRACE_LEASE_MS: String(LEASE_MS),
      };
      system = await startSystem({ workers: 0, settings: { scheduler } });
      env = {
        MILLRACE_TEST_GATEWAY: system.gatewayTarget(),
        MILLRACE_TEST_KEY: system.apiKey,
        MILLRACE_TEST_SCHEDULER: system.workerTarget,
        MILLRACE_TEST_TOKEN: WORKER_TOKEN,
        MILLRACE_TEST_LEASE_SECONDS: String(LEASE_MS / 1_000),
      };
      install(folder);
    }, TIMEOUT_MS);
    afterAll(async () => {
      await system?.[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    });

    test("is typed and clean", () => {
      const tool = (...args: readonly string[]) => run(python ?? "", ["-m", ...args]);
      expect(tool("mypy", "--cache-dir", join(folder, "mypy"))).toContain("no issues found");
      tool("ruff", "check", "--no-cache", "src", "tests", "../../test/conformance/workers");
      tool("ruff", "format", "--no-cache", "--check", "src", "tests");
    });

    test("has types for its users", () => {
      const program = join(folder, "typed.py");
      writeFileSync(
        program,
        "from millrace import Client, Job\njob: Job = Client().run('t')\njob.state.upper()\njob.attempt.upper()\n",
      );
      const { stdout } = spawnSync(
        python ?? "",
        [
          ...["-m", "mypy", "--strict", "--python-executable", installed],
          ...["--cache-dir", join(folder, "mypy"), program],
        ],
        { encoding: "utf8", cwd: folder, timeout: PROGRAM_TIMEOUT_MS },
      );
      expect(stdout).toContain('typed.py:4: error: "int" has no attribute "upper"');
      expect(stdout).toContain("Found 1 error");
    });

    test("passes its own tests when it is installed", () => {
      expect(run(installed, ["-c", "import millrace; print(millrace.__file__)"])).toContain(folder);
      const report = run(installed, ["-m", "pytest", "-q", "-p", "no:cacheprovider"], env);
      expect(report).toMatch(/\d+ passed/);
      expect(report).not.toMatch(/skipped|failed/);
    });

    test("runs the programs of its README", async () => {
      const worker = spawn(installed, ["-c", readmeProgram(0)], {
        env: {
          PATH: process.env.PATH,
          MILLRACE_SCHEDULER_ADDRESS: system.workerTarget,
          MILLRACE_WORKER_TOKEN: WORKER_TOKEN,
        },
        stdio: "inherit",
      });
      const ended = once(worker, "exit");
      onTestFinished(async () => {
        worker.kill("SIGKILL");
        await ended;
      });
      const caller = { MILLRACE_ADDRESS: system.gatewayTarget(), MILLRACE_API_KEY: system.apiKey };
      expect(run(installed, ["-c", readmeProgram(1)], caller)).toBe("{'words': 5}\n");
      worker.kill("SIGTERM");
      expect(await ended).toEqual([0, null]);
    });
  },
);

/** Builds the wheel from the source distribution, and installs it by pip into a fresh environment. */
function install(folder: string): void {
  const built = join(folder, "dist");
  run(python ?? "", ["-m", "build", "--no-isolation", "--outdir", built, "."]);
  const wheel = readdirSync(built).find((name) => name.endsWith(".whl")) ?? "";
  const venv = join(folder, "venv");
  run(python ?? "", ["-m", "venv", venv]);
  const [own = ""] = sitePackages(join(venv, "bin/python"));
  // The dependencies are those of MILLRACE_PYTHON, so that no registry is needed. pip checks their versions.
  writeFileSync(join(own, "dependencies.pth"), sitePackages(python ?? "").join("\n"));
  run(join(venv, "bin/python"), [
    ...["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"],
    join(built, wheel),
  ]);
}

const sitePackages = (program: string): readonly string[] =>
  execFileSync(program, ["-c", "import site; print(*site.getsitepackages(), sep='\\n')"], {
    encoding: "utf8",
    timeout: PROGRAM_TIMEOUT_MS,
  })
    .trim()
    .split("\n");
