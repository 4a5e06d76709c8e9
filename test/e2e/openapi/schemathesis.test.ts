/**
 * Schemathesis, which is not ours, sends requests that openapi.json allows and requests that it forbids to a real gateway, and
 * holds the answers against it. schemathesis.toml says what it leaves out, and why.
 */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSystem } from "@millrace/local";
import { WEBHOOK_QUEUE } from "@millrace/shared";
import { s3Settings, startS3Server } from "@millrace/testing";
import { expect, onTestFinished, test } from "vitest";
import { python } from "../python.ts";

/** How long it looks for faults, in seconds. */
const SECONDS = 60;

/** The same requests in every run, but for the ids in them. */
const SEED = 20261130;

const hasSchemathesis =
  python !== undefined && spawnSync(python, ["-c", "import schemathesis"]).status === 0;

test.runIf(!hasSchemathesis)(
  "NOT CHECKED by Schemathesis: MILLRACE_PYTHON names no Python that has test/e2e/openapi/requirements.txt",
  ({ skip }) => skip(),
);

test.runIf(hasSchemathesis)(
  "Schemathesis finds no answer that differs from the document",
  { timeout: 5 * SECONDS * 1_000 },
  async () => {
    const key = Buffer.alloc(32, "k").toString("base64");
    await using store = await startS3Server();
    await using system = await startSystem({
      settings: {
        all: s3Settings(store, "documents"),
        // Requests name receivers of webhooks at random, so none may be on this machine's network.
        scheduler: { MILLRACE_WEBHOOK_KEY: key },
        worker: { MILLRACE_QUEUES: `${WEBHOOK_QUEUE},documents` },
      },
    });
    await system.putQueue({ name: "documents" });
    const folder = mkdtempSync(join(tmpdir(), "millrace-schemathesis-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const { code, output } = await schemathesis(`${system.httpUrl}/v1/openapi.json`, folder, {
      MILLRACE_API_KEY: await system.createApiKey("schemathesis"),
      MILLRACE_QUEUE: "documents",
    });
    expect(code, output).toBe(0);
  },
);

/** Runs it from an empty folder, where it may write its examples. */
function schemathesis(document: string, cwd: string, env: Readonly<Record<string, string>>) {
  const settings = join(import.meta.dirname, "schemathesis.toml");
  const hooks = join(import.meta.dirname, "schemathesis_hooks.py");
  const args = [
    ...["-c", "from schemathesis.cli import schemathesis; schemathesis()"],
    ...[`--config-file=${settings}`, "run", document, `--seed=${SEED}`],
    ...[`--max-time=${SECONDS}`, "--no-color"],
  ];
  return new Promise<{ readonly code: number; readonly output: string }>((resolve) => {
    execFile(
      String(python),
      args,
      {
        cwd,
        maxBuffer: 64 * 1024 * 1024,
        env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", SCHEMATHESIS_HOOKS: hooks, ...env },
      },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr }),
    );
  });
}
