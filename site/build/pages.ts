// Which files of the repository are pages, and where each is on the site.
import { globSync } from "node:fs";
import { join, normalize } from "node:path";

export const root = join(import.meta.dirname, "../..");
/** Pages that `generate.ts` writes. */
export const generated = "site/generated";

const written = [
  "{README,ARCHITECTURE,CHANGELOG,CONTRIBUTING,SECURITY}.md",
  "docs/**/*.md",
  "{sdk,packages,examples}/*/README.md",
  "deploy/{k8s,image}/README.md",
  "proto/README.md",
  "bench/**/README.md",
  "test/*/README.md",
  "site/README.md",
];
const exclude = ["**/node_modules/**"];

/** The pages that people write, by their paths in the repository. */
export const writtenPages = (): string[] =>
  globSync(written, { cwd: root, exclude }).map(normalize).sort();

export const allPages = (): string[] => [
  ...writtenPages(),
  ...globSync(`${generated}/**/*.md`, { cwd: root }).map(normalize).sort(),
];

/** Files that look like pages to VitePress, and are none. */
export function otherPages(): string[] {
  const pages = new Set(allPages());
  return globSync("**/*.md", { cwd: root, exclude }).filter((path) => !pages.has(normalize(path)));
}

/** Returns where a page is on the site. A README is the index of its folder. */
export const placeOf = (page: string): string =>
  page.replace(`${generated}/`, "").replace(/(^|\/)README\.md$/, "$1index.md");
