// Checks that every dependency has a licence under which Millrace, under Apache-2.0, may use it and distribute
// it.
import { existsSync, globSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const root = realpathSync(join(import.meta.dirname, "../.."));

/** Licences of packages that may be distributed with Millrace. */
const permissive = new Set([
  ...["Apache-2.0", "MIT", "MIT-0", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "BlueOak-1.0.0"],
  ...["CC0-1.0", "Unlicense", "Zlib", "Python-2.0", "PSF-2.0"],
]);
/**
 * Licences of packages that may be used only to build and test. MPL-2.0 requires only that its own source stays
 * open.
 */
const forTools = new Set([...permissive, "MPL-2.0"]);

/** Packages that state their licence only in a file, and that licence. */
const statedInFile: Readonly<Record<string, string>> = { "png-js": "MIT" };

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

/** Finds a package as Node does. Undefined if it is not installed, such as a package for another platform. */
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
    "{bench,scripts,site,test}/package.json",
    "{packages,services,examples}/*/package.json",
  ],
  { cwd: root },
).map((path) => dirname(join(root, path)));

/** Returns everything that the workspace depends on by the given kinds of dependencies, directly or not. */
function reached(kinds: readonly ("dependencies" | "devDependencies")[]): Map<string, Manifest> {
  const found = new Map<string, Manifest>();
  const take = (names: object | undefined, from: string) => {
    for (const name of Object.keys(names ?? {})) {
      const folder = folderOf(name, from);
      // A package of the workspace is a starting point itself.
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

/** Whether an SPDX expression allows at least one of the permitted choices. */
function allows(allowed: ReadonlySet<string>, expression: string): boolean {
  const text = expression.replace(/^\((.*)\)$/, "$1").trim();
  const any = text.split(" OR ");
  if (any.length > 1) return any.some((one) => allows(allowed, one));
  return text.split(" AND ").every((one) => allowed.has(one.trim()));
}

function notAllowed(allowed: ReadonlySet<string>, manifests: Iterable<Manifest>): string[] {
  return [...manifests].flatMap(({ name, version, license }) => {
    const stated = typeof license === "string" ? license : (statedInFile[name] ?? "no licence");
    return allows(allowed, stated) ? [] : [`${name}@${version}: ${stated}`];
  });
}

test("every distributed dependency has a licence that is compatible with Apache-2.0", () => {
  const shipped = reached(["dependencies"]);
  expect(shipped.size).toBeGreaterThan(50);
  expect(notAllowed(permissive, shipped.values())).toEqual([]);
});

test("every tool has such a licence, or one that covers only its own source", () => {
  const all = reached(["dependencies", "devDependencies"]);
  expect(notAllowed(forTools, all.values())).toEqual([]);
});

test("an expression is allowed if one of its choices is", () => {
  expect(allows(permissive, "(BSD-3-Clause OR GPL-2.0)")).toBe(true);
  expect(allows(permissive, "(Apache-2.0 AND BSD-3-Clause)")).toBe(true);
  expect(allows(permissive, "MIT AND GPL-2.0")).toBe(false);
  expect(allows(permissive, "GPL-3.0")).toBe(false);
  expect(allows(permissive, "MPL-2.0")).toBe(false);
});
