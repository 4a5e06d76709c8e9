// Holds the built site against itself: every link and picture leads to a file of the site, and to a heading if it names one.
// Nothing is loaded from elsewhere. VitePress checks links between pages, and no headings.
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Parser } from "htmlparser2";

const dist = join(import.meta.dirname, ".vitepress/dist");

interface Page {
  readonly ids: ReadonlySet<string>;
  readonly links: readonly string[];
  /** What the browser loads by itself. */
  readonly loads: readonly string[];
}

function read(file: string): Page {
  const ids = new Set<string>();
  const links: string[] = [];
  const loads: string[] = [];
  const parser = new Parser({
    onopentag(name, { id, href, src }) {
      if (id !== undefined) ids.add(id);
      if (name === "a" && href !== undefined) links.push(href);
      if (name === "link" && href !== undefined) loads.push(href);
      if (src !== undefined) loads.push(src);
    },
  });
  parser.end(readFileSync(join(dist, file), "utf8"));
  return { ids, links, loads };
}

const pages = new Map(globSync("**/*.html", { cwd: dist }).map((file) => [file, read(file)]));

function fault(file: string, href: string): string | undefined {
  const url = new URL(href, `http://site/${file}`);
  if (url.host !== "site") return undefined;
  const path = decodeURIComponent(url.pathname)
    .slice(1)
    .replace(/(^|\/)$/, "$1index.html");
  const page = pages.get(path);
  if (page === undefined) return existsSync(join(dist, path)) ? undefined : "leads nowhere";
  const id = decodeURIComponent(url.hash.slice(1));
  return id === "" || page.ids.has(id) ? undefined : "names no heading of its page";
}

const faults = [...pages].flatMap(([file, { links, loads }]) => [
  ...[...links, ...loads].flatMap((href) => {
    const what = fault(file, href);
    return what === undefined ? [] : [`${file}: ${href} ${what}`];
  }),
  ...loads
    .filter((href) => /^(https?:)?\/\//.test(href))
    .map((href) => `${file}: ${href} is loaded from elsewhere`),
]);
for (const style of globSync("**/*.css", { cwd: dist })) {
  const text = readFileSync(join(dist, style), "utf8");
  for (const [, href] of text.matchAll(/url\(["']?((?:https?:)?\/\/[^"')]+)/g)) {
    faults.push(`${join(dirname(style), style)}: ${href} is loaded from elsewhere`);
  }
}
if (pages.size === 0) faults.push(`${dist} has no pages: build the site first`);
if (faults.length > 0) {
  process.stderr.write(
    `${[...new Set(faults)].join("\n")}\nThe site has ${faults.length} faults.\n`,
  );
  process.exitCode = 1;
} else process.stdout.write(`${pages.size} pages, no dead links\n`);
