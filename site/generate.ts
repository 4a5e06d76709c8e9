// Writes the pages that are made of sources: references, charts, and the source files to which pages link.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { chartsPage } from "./build/charts.ts";
import { cliPage } from "./build/cli-reference.ts";
import { allPages, generated, root } from "./build/pages.ts";
import { protoPages } from "./build/proto-reference.ts";
import { pythonPage } from "./build/python-reference.ts";
import { sourcePages } from "./build/source-pages.ts";
import { typescriptPages } from "./build/typescript-reference.ts";

function write(page: string, text: string): void {
  const path = join(root, page);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const reference = `${generated}/reference`;
rmSync(join(root, generated), { recursive: true, force: true });
for (const [name, text] of protoPages()) write(`${reference}/proto/${name}.md`, text);
for (const [name, text] of await typescriptPages()) write(`${reference}/${name}.md`, text);
write(`${reference}/cli.md`, cliPage());
write(`${reference}/charts.md`, chartsPage());
const python = pythonPage(process.env.MILLRACE_PYTHON);
if (python !== undefined) write(`${reference}/python.md`, python);
else {
  process.stderr.write(
    "NOT MADE: the reference of the SDK for Python, because MILLRACE_PYTHON names no Python with site/requirements.txt.\n",
  );
}
for (const [page, text] of sourcePages(new Set(allPages()))) write(page, text);
