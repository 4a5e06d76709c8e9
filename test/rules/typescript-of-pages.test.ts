import { execFile } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { typescriptOf } from "../pages/typescript-of.ts";

const root = join(import.meta.dirname, "../..");

const pages = globSync(["*.md", "{docs,deploy,examples}/**/*.md", "packages/*/README.md"], {
  cwd: root,
  exclude: ["**/node_modules/**"],
}).filter((page) => readFileSync(join(root, page), "utf8").includes("\n```ts\n"));

/** Declarations that the pages leave to their readers. */
const theReaders = `
declare const apiKey: string;
declare const connection: { url: string };
`;

test("the TypeScript of every page compiles", async () => {
  // The folder is inside the repository, so that its packages are found.
  const parent = join(import.meta.dirname, "../.pages");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "check-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files = pages.map((page) => `${page.replaceAll("/", "--")}.ts`);
  for (const [at, page] of pages.entries()) {
    const text = readFileSync(join(root, page), "utf8");
    writeFileSync(join(folder, files[at] ?? ""), typescriptOf(text));
  }
  writeFileSync(join(folder, "readers.d.ts"), theReaders);
  const config = {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: {
      noUnusedLocals: false,
      noUnusedParameters: false,
      // The package test depends on neither, so this shows the compiler where they are.
      paths: {
        bullmq: [join(root, "packages/engine/node_modules/bullmq/dist/esm/index.d.ts")],
        "@millrace/bullmq": [join(root, "packages/bullmq/src/index.ts")],
      },
    },
    files: [...files, "readers.d.ts"],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(root, "node_modules/.bin/tsc");
  const output = await promisify(execFile)(tsc, ["-p", folder, "--pretty", "false"]).catch(
    (error: { stdout: string }) => error,
  );
  expect(output.stdout).toBe("");
  expect(pages).toContain("docs/client.md");
}, 60_000);
