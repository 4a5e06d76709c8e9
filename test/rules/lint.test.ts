/** Tests that Biome and knip, with the repository's own settings, find one mistake of each kind. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const bin = (name: string) => join(root, "node_modules", ".bin", name);

/** Makes a repository with these files and the settings of this repository. */
function repository(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "millrace-rules-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const settings of ["biome.json", "knip.json", "pnpm-workspace.yaml", ".gitignore"]) {
    cpSync(join(root, settings), join(folder, settings));
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const manifests = { "package.json": '{"name":"root","private":true}', ...files };
  for (const [path, text] of Object.entries(manifests)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  spawnSync("git", ["init", "-q"], { cwd: folder });
  return folder;
}

function run(command: string, args: readonly string[], cwd: string) {
  const { status, stdout, stderr } = spawnSync(bin(command), args, { cwd, encoding: "utf8" });
  return { status, output: stdout + stderr };
}

const lines = (count: number) =>
  Array.from({ length: count }, (_, index) => `  n += ${index};\n`).join("");
const SHARED = "packages/shared/src";

const lints: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
  [
    "a function of more than 80 lines",
    { [`${SHARED}/a.ts`]: `export function long(n = 0) {\n${lines(81)}  return n;\n}\n` },
    "noExcessiveLinesPerFunction",
  ],
  [
    "a file of more than 300 lines",
    { [`${SHARED}/a.ts`]: `export const all = [\n${"  1,\n".repeat(300)}];\n` },
    "noExcessiveLinesPerFile",
  ],
  [
    "an import cycle of types",
    {
      [`${SHARED}/a.ts`]: 'import type { B } from "./b.ts";\n\nexport type A = B | 1;\n',
      [`${SHARED}/b.ts`]: 'import type { A } from "./a.ts";\n\nexport type B = A | 2;\n',
    },
    "noImportCycles",
  ],
];

test.each(lints)("Biome finds %s", (_, files, rule) => {
  const { status, output } = run("biome", ["lint", "--error-on-warnings", "."], repository(files));
  expect(output).toContain(rule);
  expect(status).not.toBe(0);
});

test.each([79, 80])("Biome accepts a function of %i lines", (count) => {
  // The last line is the return statement.
  const text = `export function long(n = 0) {\n${lines(count - 1)}  return n;\n}\n`;
  const folder = repository({ [`${SHARED}/a.ts`]: text.replaceAll(/n \+= \d+/g, "n.toString()") });
  expect(run("biome", ["lint", "."], folder).output).not.toContain("noExcessiveLinesPerFunction");
});

test("knip finds an unused export", () => {
  const manifest = (name: string) => JSON.stringify({ name: `@millrace/${name}`, type: "module" });
  const folder = repository({
    "packages/shared/package.json": manifest("shared"),
    [`${SHARED}/index.ts`]: 'export * from "./a.ts";\n',
    [`${SHARED}/a.ts`]: "export const used = 1;\nexport const unused = 2;\n",
    "packages/shared/src/a.test.ts": 'import { used } from "./index.ts";\n\nused.toString();\n',
  });
  const { status, output } = run("knip", ["--no-config-hints", "--no-progress"], folder);
  expect(output).toMatch(/unused\s+packages\/shared\/src/);
  expect(output).not.toMatch(/\bused\s+packages/);
  expect(status).not.toBe(0);
});
