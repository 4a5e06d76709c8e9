// Pages that show the source files and folders to which other pages link.
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import MarkdownIt from "markdown-it";
import { isFolder, pageAbout, targetOf } from "./links.ts";
import { generated, root } from "./pages.ts";

/** Longer files are only named: the page would be slow, and nobody reads it. */
const LONGEST = 60_000;
const hidden = new Set(["node_modules", "dist", "gen", ".turbo", "__pycache__"]);
const languages: Readonly<Record<string, string>> = {
  ...{ ".ts": "ts", ".mjs": "js", ".lua": "lua", ".py": "python", ".go": "go", ".proto": "proto" },
  ...{ ".json": "json", ".yaml": "yaml", ".yml": "yaml" },
};

/** Returns every path to which a page links and that is no page. Throws if a link leads nowhere. */
function linkedPaths(pages: ReadonlySet<string>): ReadonlySet<string> {
  const md = new MarkdownIt();
  const paths = new Set<string>();
  for (const page of pages) {
    if (page.startsWith(`${generated}/source/`)) continue;
    const tokens = md.parse(readFileSync(join(root, page), "utf8"), {});
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      if (token.type !== "link_open") continue;
      const target = targetOf(page, String(token.attrGet("href")));
      if (target !== undefined) paths.add(target.path);
    }
  }
  return paths;
}

/** Returns the text of a page for each of these paths, by the path of the page. */
export function sourcePages(pages: ReadonlySet<string>): ReadonlyMap<string, string> {
  const linked = [...linkedPaths(pages)].sort();
  const about = linked.map((path) => [path, pageAbout(path, pages)] as const);
  const sources = about.filter(([, page]) => page.startsWith(`${generated}/source/`));
  const known = new Set(sources.map(([path]) => path));
  return new Map(
    sources.map(([path, page]) => [page, isFolder(path) ? folder(path, known, pages) : file(path)]),
  );
}

const head = (path: string): string =>
  `---\ntitle: ${JSON.stringify(path)}\nsearch: false\noutline: false\naside: false\n---\n\n# \`${path}\`\n\n`;

function file(path: string): string {
  const content = readFileSync(join(root, path));
  if (content.length > LONGEST || content.includes(0)) {
    return `${head(path)}This file of the repository has ${content.length.toLocaleString("en-GB")} bytes.\n`;
  }
  const fence = "``````";
  return `${head(path)}${fence}${languages[extname(path)] ?? "text"}\n${content}\n${fence}\n`;
}

function folder(path: string, known: ReadonlySet<string>, pages: ReadonlySet<string>): string {
  const entries = readdirSync(join(root, path), { withFileTypes: true })
    .filter(({ name }) => !hidden.has(name))
    .map((entry) => {
      const child = join(path, entry.name);
      const text = `\`${entry.name}${entry.isDirectory() ? "/" : ""}\``;
      const page = pageAbout(child, pages);
      const isShown = pages.has(page) || known.has(child);
      return isShown ? `- [${text}](${up(path)}${child})` : `- ${text}`;
    });
  return `${head(path)}${entries.join("\n")}\n`;
}

/** The way from the page of a path back to the root of the repository. */
const up = (path: string): string =>
  "../".repeat(`${generated}/source/${path}`.split("/").length - 1);
