/** Runs the quick starts of the pages as they are written, with the address of a test's gateway. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { startSystem } from "@millrace/local";
import { afterAll, expect, test } from "vitest";
import { python } from "../python.ts";
import { hasPythonLibraries } from "../webhooks/verifiers.ts";

const root = join(import.meta.dirname, "../../..");
/** Starting Node or Python takes long on a busy machine. */
const TIMEOUT_MS = 180_000;

// As `npm start` has it without settings: the built-in provider answers.
const system = await startSystem();
afterAll(() => system[Symbol.asyncDispose]());

/** The programs of a page in a language that use OpenAI's SDK. */
function programsOf(page: string, language: "python" | "ts"): string[] {
  const text = readFileSync(join(root, page), "utf8");
  const blocks = text.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, "gm"));
  return [...blocks]
    .map(([, block = ""]) => block)
    .filter((block) => /from openai import|from "openai"/.test(block));
}

async function printed(program: string, language: "python" | "ts"): Promise<string> {
  expect(program).toContain("http://127.0.0.1:7480/v1");
  const code = program.replaceAll("http://127.0.0.1:7480", system.httpUrl);
  const env = { PATH: process.env.PATH, MILLRACE_API_KEY: system.apiKey };
  const [command, args] =
    language === "python"
      ? [String(python), ["-c", code]]
      : [process.execPath, ["--input-type=module-typescript", "-e", code]];
  // Node finds packages from the current folder.
  const options = { env, cwd: join(root, "test") };
  return (await promisify(execFile)(command, args, options)).stdout;
}

const pages = ["README.md", "docs/openai.md"];
const quoted =
  "[Quoted by Millrace's built-in provider, which is no language model] Call me Ishmael.";

test.each(pages)(
  "the TypeScript of %s runs",
  async (page) => {
    const programs = programsOf(page, "ts");
    expect(programs).toHaveLength(1);
    expect(await printed(programs[0] ?? "", "ts")).toContain(quoted);
  },
  TIMEOUT_MS,
);

test.skipIf(!hasPythonLibraries()).each(pages)(
  "the Python of %s runs",
  async (page) => {
    const programs = programsOf(page, "python");
    expect(programs).toHaveLength(1);
    expect(await printed(programs[0] ?? "", "python")).toContain(quoted);
  },
  TIMEOUT_MS,
);
