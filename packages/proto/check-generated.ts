// Holds the contract against its rules and the generated code against the contract: lint, format,
// breaking changes since the last release, and a fresh generation compared byte by byte.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { goOptions } from "./go-options.ts";

interface Output {
  readonly template: string;
  readonly options?: readonly string[];
  readonly committedIn: string;
  readonly folder: string;
}

const here = import.meta.dirname;
const proto = join(here, "../../proto");

function buf(...args: string[]): void {
  execFileSync("buf", args, { cwd: here, stdio: ["ignore", "inherit", "inherit"] });
}

function filesBelow(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !entry.parentPath.endsWith("__pycache__"),
  );
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path, "utf8")];
    }),
  );
}

const hasGoPlugins = ["protoc-gen-go", "protoc-gen-go-grpc"].every(
  (plugin) => spawnSync(plugin, ["--version"]).status === 0,
);
if (!hasGoPlugins) {
  process.stderr.write("NOT CHECKED: sdk/go/gen, because protoc-gen-go is not on PATH.\n");
}

/** What is generated: by which template, with which options, and where it is committed. */
const outputs: readonly Output[] = [
  { template: "buf.gen.yaml", committedIn: here, folder: "gen" },
  {
    template: "buf.gen.python.yaml",
    committedIn: join(here, "../../sdk/python/src/millrace"),
    folder: "_proto",
  },
  ...(hasGoPlugins
    ? [
        {
          template: "buf.gen.go.yaml",
          options: goOptions,
          committedIn: join(here, "../../sdk/go"),
          folder: "gen",
        },
      ]
    : []),
];

function staleFiles({ template, options = [], committedIn, folder }: Output): string[] {
  const fresh = mkdtempSync(join(tmpdir(), "millrace-proto-"));
  try {
    buf("generate", proto, "--template", template, ...options, "--output", fresh);
    const expected = filesBelow(join(fresh, folder));
    const committed = filesBelow(join(committedIn, folder));
    return [...new Set([...expected.keys(), ...committed.keys()])].filter(
      (path) => expected.get(path) !== committed.get(path),
    );
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

try {
  buf("lint", proto);
  buf("format", proto, "--diff", "--exit-code");
  buf("breaking", proto, "--against", join(here, "released.binpb"));
} catch {
  process.stderr.write(
    "The contract breaks its rules: see above. `pnpm format` corrects the format.\n",
  );
  process.exit(1);
}
const stale = outputs.flatMap(staleFiles);
if (stale.length > 0) {
  process.stderr.write(
    `Generated code differs from proto/: ${stale.join(", ")}. Run \`pnpm generate\` and commit.\n`,
  );
  process.exit(1);
}
