// Links in the repository lead to files: to pages, to source files and to folders. On the site they lead to pages.
import { existsSync, statSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import type { MarkdownRenderer } from "vitepress";
import { generated, placeOf, root } from "./pages.ts";

const SOURCES = `${generated}/source`;

/** A package of the contract is one page of the reference, whether a link names its folder or a file. */
const protoPackage = (path: string): string | undefined =>
  /^proto\/(millrace\/\w+\/v1)(?:\/|$)/.exec(path)?.[1]?.replaceAll("/", ".");

/** Returns the page that shows what is at a path of the repository. */
export function pageAbout(path: string, pages: ReadonlySet<string>): string {
  const contract = protoPackage(path);
  if (contract !== undefined) return `${generated}/reference/proto/${contract}.md`;
  const candidates = [path, join(path, "README.md")];
  const visible = path.replaceAll(/(^|\/)\./g, "$1");
  return candidates.find((one) => pages.has(one)) ?? join(SOURCES, `${visible}.md`);
}

/** Splits the address of a link. Undefined if it does not lead to a file of the repository. */
export function targetOf(page: string, href: string): { path: string; hash: string } | undefined {
  if (/^([a-z][a-z+.-]*:|\/|#)/i.test(href)) return undefined;
  const [file = "", hash] = href.split("#");
  const path = normalize(join(dirname(page), decodeURIComponent(file))).replace(/\/$/, "");
  return { path, hash: hash === undefined ? "" : `#${hash}` };
}

/** Makes links lead to pages of the site. Throws if one leads nowhere. */
export function linksOfTheSite(md: MarkdownRenderer, pages: ReadonlySet<string>): void {
  md.core.ruler.push("links_of_the_site", ({ tokens, env }) => {
    // A title in the head of a page has no path, and no links.
    if (env.path === undefined) return;
    const page = relative(root, env.realPath ?? env.path);
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      if (token.type !== "link_open") continue;
      const target = targetOf(page, String(token.attrGet("href")));
      if (target === undefined) continue;
      token.attrSet("href", `/${placeOf(pageAbout(target.path, pages))}${target.hash}`);
    }
  });
}

export const isFolder = (path: string): boolean =>
  existsSync(join(root, path)) && statSync(join(root, path)).isDirectory();
