import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const root = join(import.meta.dirname, "../..");

/** The text of the repository's own code, by path; a copy may have a file changed, or one more. */
export class Sources {
  readonly #changed: ReadonlyMap<string, string>;
  readonly #paths: readonly string[];

  private constructor(paths: readonly string[], changed: ReadonlyMap<string, string>) {
    this.#paths = paths;
    this.#changed = changed;
  }

  /** What runs: no tests, and nothing that is generated. */
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

  /** A copy in which a file has another text; it need not be there before. */
  with(path: string, change: (text: string) => string): Sources {
    const before = this.#paths.includes(path) ? this.read(path) : "";
    const after = change(before);
    if (after === before) throw new Error(`the change of ${path} changes nothing`);
    const paths = [...new Set([...this.#paths, path])].sort();
    return new Sources(paths, new Map([...this.#changed, [path, after]]));
  }
}

export interface Import {
  readonly from: string;
  /** A path in the repository, or a package's name. */
  readonly to: string;
}

const IMPORT =
  /^(?:import|export)\b[^"';]*?from "([^"]+)";|\bimport\("([^"]+)"\)|^import "([^"]+)";/gm;
const INCLUDE = /^--- @include "([^"]+)"/gm;

/** What each file imports, types included, and each Lua file includes. */
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

/** TypeScript without its comments and without what stands in its strings. */
export function codeOf(text: string): string {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, " "))
    .replaceAll(/(^|[^:"'`])\/\/.*$/gm, "$1")
    .replaceAll(/"(?:[^"\\\n]|\\.)*"/g, '""');
}
