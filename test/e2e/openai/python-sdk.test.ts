/** The official SDK for Python, unchanged. Skipped where MILLRACE_PYTHON names no Python that has it. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { python } from "../python.ts";
import { hasPythonLibraries } from "../webhooks/verifiers.ts";
import { startOpenAi } from "./setup.ts";

const isThere = hasPythonLibraries();
const started = isThere ? await startOpenAi() : undefined;
// It has the executor of batches. Their lines run in the worker that serves the models.
await started?.system.addWorker();

test.skipIf(!isThere)("openai (PyPI): every method and helper", async () => {
  const env = {
    PATH: process.env.PATH,
    BASE_URL: `${started?.system.httpUrl}/v1`,
    API_KEY: started?.system.apiKey,
  };
  const script = join(import.meta.dirname, "sdk.py");
  const { stdout } = await promisify(execFile)(String(python), [script], { env });
  expect(stdout.trim().split("\n")).toEqual([
    ...["chat", "embeddings_and_models", "responses", "background", "options_of_jobs"],
    ...["files", "batches"],
    "asynchronous",
  ]);
});
