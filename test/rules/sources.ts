import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const root = join(import.meta.dirname, "../..");

/** The text of the repository's own code, by path. A copy may have one file changed or added. */
export class Sources {
  readonly #changed: ReadonlyMap<string, string>;
  readonly #paths: readonly string[];

  private constructor(paths: readonly string[], changed: ReadonlyMap<string, string>) {
    this.#paths = paths;
    this.#changed = changed;
  }

  /** Reads production code only: no tests and no generated files. */
  static ofRepository(): Sources {
    const found = globSync("{packages,services}/*/src/**/*.{ts,lua}", { cwd: root });
    const paths = found.filter((path) => !path.endsWith(".test.ts")).map((path) => normalize(path));
    return new Sources(paths.sort(), new Map());
  }

  get paths(): readonly string[] {
    return this.#paths;
  }

  read(path: string): string {
    return this.#changed.get(path) ?? readFileSync(join(root, path), "utf8");
  }

  /** Returns a copy in which a file has another text. The file may be new. */
  with(path: string, change: (text: string) => string): Sources {
    const before = this.#paths.includes(path) ? this.read(path) : "";
    const after = change(before);
    if (after === before) throw new Error(`the change to ${path} has no effect`);
    const paths = [...new Set([...this.#paths, path])].sort();
    return new Sources(paths, new Map([...this.#changed, [path, after]]));
  }
}

export interface Import {
  readonly from: string;
  /** A path in the repository, or the name of a package. */
  readonly to: string;
}

const IMPORT =
  /^(?:import|export)\b[^"';]*?from "([^"]+)";|\bimport\("([^"]+)"\)|^import "([^"]+)";/gm;
const INCLUDE = /^--- @include "([^"]+)"/gm;

/** Returns what each file imports, including types, and what each Lua file includes. */
export function importsOf(sources: Sources): readonly Import[] {
  return sources.paths.flatMap((from) => {
    const text = sources.read(from);
    if (from.endsWith(".lua")) {
      const folder = /^(packages\/engine\/src)/.exec(from)?.[1] ?? dirname(from);
      return [...text.matchAll(INCLUDE)].map(([, name]) => ({ from, to: `${folder}/${name}.lua` }));
    }
    return [...text.matchAll(IMPORT)].map(([, still, lazy, bare]) => {
      const name = still ?? lazy ?? bare ?? "";
      return { from, to: name.startsWith(".") ? normalize(join(dirname(from), name)) : name };
    });
  });
}

/** Returns TypeScript without its comments and without the contents of its strings. */
export function codeOf(text: string): string {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, " "))
    .replaceAll(/(^|[^:"'`])\/\/.*$/gm, "$1")
    .replaceAll(/"(?:[^"\\\n]|\\.)*"/g, '""');
}
