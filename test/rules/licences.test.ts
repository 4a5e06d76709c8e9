// Holds every dependency to a licence under which Millrace, under Apache-2.0, may use it and be passed on with it.
import { existsSync, globSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const root = realpathSync(join(import.meta.dirname, "../.."));

/** May go out with Millrace. */
const permissive = new Set([
  ...["Apache-2.0", "MIT", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "BlueOak-1.0.0"],
  ...["CC0-1.0", "Unlicense", "Zlib", "Python-2.0"],
]);
/** May be used to build and test it besides: asks for its own source alone. */
const forTools = new Set([...permissive, "MPL-2.0"]);

/** Those that say it in a file alone, and what that says. */
const saidElsewhere: Readonly<Record<string, string>> = { "png-js": "MIT" };

interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly license?: unknown;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

const manifestOf = (folder: string) =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;

/** As Node finds it; undefined if it is not installed, as what is for other platforms. */
function folderOf(name: string, from: string): string | undefined {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const found = join(folder, "node_modules", name);
    if (existsSync(join(found, "package.json"))) return realpathSync(found);
  }
  return undefined;
}

const workspace = globSync(
  [
    "package.json",
    "{packages,services,bench,scripts,test}/package.json",
    "{packages,services,examples}/*/package.json",
  ],
  { cwd: root },
).map((path) => dirname(join(root, path)));

/** Everything that is reached from the workspace by `kinds` of its dependencies. */
function reached(kinds: readonly ("dependencies" | "devDependencies")[]): Map<string, Manifest> {
  const found = new Map<string, Manifest>();
  const take = (names: object | undefined, from: string) => {
    for (const name of Object.keys(names ?? {})) {
      const folder = folderOf(name, from);
      // One of the workspace is its own beginning.
      if (folder === undefined || !folder.includes("/.pnpm/") || found.has(folder)) continue;
      const manifest = manifestOf(folder);
      found.set(folder, manifest);
      take(manifest.dependencies, folder);
      take(manifest.optionalDependencies, folder);
    }
  };
  for (const folder of workspace) {
    const manifest = manifestOf(folder);
    for (const kind of kinds) take(manifest[kind], folder);
  }
  return found;
}

/** Whether an SPDX expression leaves a choice that is allowed. */
function allows(allowed: ReadonlySet<string>, expression: string): boolean {
  const text = expression.replace(/^\((.*)\)$/, "$1").trim();
  const any = text.split(" OR ");
  if (any.length > 1) return any.some((one) => allows(allowed, one));
  return text.split(" AND ").every((one) => allowed.has(one.trim()));
}

function notAllowed(allowed: ReadonlySet<string>, manifests: Iterable<Manifest>): string[] {
  return [...manifests].flatMap(({ name, version, license }) => {
    const said = typeof license === "string" ? license : (saidElsewhere[name] ?? "no licence");
    return allows(allowed, said) ? [] : [`${name}@${version}: ${said}`];
  });
}

test("what goes out with Millrace has a licence that Apache-2.0 gets along with", () => {
  const shipped = reached(["dependencies"]);
  expect(shipped.size).toBeGreaterThan(50);
  expect(notAllowed(permissive, shipped.values())).toEqual([]);
});

test("so has what builds and tests it, or one that asks for its own source alone", () => {
  const all = reached(["dependencies", "devDependencies"]);
  expect(notAllowed(forTools, all.values())).toEqual([]);
});

test("an expression is allowed where one of its choices is", () => {
  expect(allows(permissive, "(BSD-3-Clause OR GPL-2.0)")).toBe(true);
  expect(allows(permissive, "(Apache-2.0 AND BSD-3-Clause)")).toBe(true);
  expect(allows(permissive, "MIT AND GPL-2.0")).toBe(false);
  expect(allows(permissive, "GPL-3.0")).toBe(false);
  expect(allows(permissive, "MPL-2.0")).toBe(false);
});
