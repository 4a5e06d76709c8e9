// The reference of the packages for npm: one page for each entry point, made of the comments in their sources.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Application } from "typedoc";
import type { PluginOptions } from "typedoc-plugin-markdown";
import { root } from "./pages.ts";

const entries: Readonly<Record<string, string>> = {
  client: "packages/client/src/index.ts",
  "client-admin": "packages/client/src/connect-admin.ts",
  "worker-sdk": "packages/worker-sdk/src/index.ts",
};
const names: Readonly<Record<string, string>> = {
  client: "@millrace/client",
  "client-admin": "@millrace/client/admin",
  "worker-sdk": "@millrace/worker-sdk",
};

const markdown: Partial<PluginOptions> = {
  outputFileStrategy: "modules",
  hidePageHeader: true,
  hideBreadcrumbs: true,
  hidePageTitle: true,
  useCodeBlocks: true,
  parametersFormat: "table",
  interfacePropertiesFormat: "table",
  typeDeclarationFormat: "table",
  expandObjects: false,
};

async function pageOf(name: string): Promise<string> {
  const to = mkdtempSync(join(tmpdir(), "millrace-typedoc-"));
  try {
    const app = await Application.bootstrapWithPlugins({
      plugin: ["typedoc-plugin-markdown"],
      entryPoints: [join(root, String(entries[name]))],
      tsconfig: join(root, "site/tsconfig.typedoc.json"),
      readme: "none",
      logLevel: "Error",
      disableSources: true,
      excludePrivate: true,
      excludeInternal: true,
      excludeExternals: true,
      skipErrorChecking: true,
      ...markdown,
    } as never);
    const project = await app.convert();
    if (project === undefined) throw new Error(`TypeDoc cannot read ${entries[name]}`);
    await app.outputs.writeOutput({ name: "markdown", path: to }, project);
    const text = readFileSync(join(to, "README.md"), "utf8");
    return `---\noutline: [2, 3]\n---\n\n# \`${names[name]}\`\n\n${text}`;
  } finally {
    rmSync(to, { recursive: true, force: true });
  }
}

/** Returns the text of each page by its name. */
export async function typescriptPages(): Promise<ReadonlyMap<string, string>> {
  const pages = new Map<string, string>();
  for (const name of Object.keys(entries)) pages.set(name, await pageOf(name));
  return pages;
}
