import { globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { metricNames } from "@millrace/telemetry";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

test("docs/metrics.md names every metric", () => {
  const page = read("docs/metrics.md");
  expect(Object.values(metricNames).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test("docs/settings.md names every setting, and no other", () => {
  const sources = [
    ...readdirSync(join(root, "services")).map((name) => `services/${name}/src/config.ts`),
    "packages/runtime/src/observe.ts",
    "packages/runtime/src/tls.ts",
  ];
  const used = sources.flatMap((path) =>
    [...read(path).matchAll(/setting\(\s*"([A-Z_]+)"/g)].map(([, name]) => name),
  );
  const documented = [...read("docs/settings.md").matchAll(/^\| `([A-Z_]+)`/gm)].map(
    ([, name]) => name,
  );
  expect(documented.sort()).toEqual([...new Set(used)].sort());
});

const pages = globSync(["*.md", "{docs,deploy,examples}/**/*.md"], {
  cwd: root,
  exclude: ["**/node_modules/**"],
});

test.each(pages)("the links of %s lead somewhere", (page) => {
  const links = [...read(page).matchAll(/\]\(([^)#:]+)\)/g)].map(([, target]) => target ?? "");
  for (const target of links) {
    const path = join(root, page, "..", target);
    expect(() => readdirSync(join(path, "..")), `${page}: ${target}`).not.toThrow();
    expect(readdirSync(join(path, "..")), `${page}: ${target}`).toContain(target.split("/").at(-1));
  }
});
