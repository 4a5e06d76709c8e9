import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startSystem } from "@millrace/local";
import { expect, onTestFinished, test } from "vitest";
import { typescriptOf } from "../pages/typescript-of.ts";

const root = join(import.meta.dirname, "../..");

/** The reader provides the certificates, so this code is not run. */
const isAboutTls = (code: string) => code.includes("ca.crt");

test("the program of docs/client.md does what the page says", async () => {
  const system = await startSystem();
  onTestFinished(() => system[Symbol.asyncDispose]());
  const folder = await mkdtemp(join(tmpdir(), "millrace-client-page-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const page = await readFile(join(root, "docs/client.md"), "utf8");
  const program = typescriptOf(page, isAboutTls)
    .replace("127.0.0.1:7400", system.gatewayTarget())
    .replace("report.pdf", join(root, "ARCHITECTURE.md"))
    .replace("copy.pdf", join(folder, "copy"));

  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module-typescript", "--eval", program],
    {
      cwd: join(root, "test"),
      env: { PATH: process.env.PATH, MILLRACE_API_KEY: system.apiKey },
    },
  );

  const jobId = /^(documents~\S+) is new$/m.exec(stdout)?.[1];
  expect(jobId).toBeDefined();
  expect(stdout).toMatch(/^The whale swam\. \d+$/m);
  expect(stdout).toMatch(/^SUCCEEDED 1 \{ messages: /m);
  expect(stdout).toMatch(/^Call me Ishmael\.Call me Ishmael\.SUCCEEDED Call me Ishmael\.$/m);
  expect(stdout).toMatch(/^CANCELLED false$/m);
  expect(stdout).toMatch(/^NO_WORKER gpu /m);
  expect(stdout).toMatch(/^SUCCEEDED 3 of 3$/m);
  expect(stdout).toMatch(/^3 SUCCEEDED The ship was late\.$/m);
  expect(stdout).toMatch(/^SUCCEEDED All are read\.$/m);
  expect(stdout).toMatch(new RegExp(`^${jobId} chat 20`, "m"));
  expect(stdout).toMatch(/^doc_\S+ text\/markdown \d+ [0-9a-f]{64}$/m);
  expect(await readFile(join(folder, "copy"), "utf8")).toBe(
    await readFile(join(root, "ARCHITECTURE.md"), "utf8"),
  );
  expect(stderr).toMatch(/^documents~\S+ failed: MALFORMED: /m);
});
