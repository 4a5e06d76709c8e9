// Checks that the runbooks name only what there is. test/alerts/prometheus.test.ts runs their commands and queries.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "docs/runbooks");
const settings = readFileSync(join(root, "docs/settings.md"), "utf8");

/** What stands between backticks in a page, in one line. */
const quoted = (page: string): string[] =>
  [...readFileSync(join(folder, page), "utf8").matchAll(/`([^`]+)`/g)].map(([, text = ""]) =>
    text.replace(/\s+/g, " "),
  );

const has = (text: string): boolean => {
  try {
    const args = ["grep", "-qF", "-e", text, "--", "services/*/src/*", "packages/*/src/*"];
    execFileSync("git", args, { cwd: root });
    return true;
  } catch {
    return false;
  }
};

const pages = readdirSync(folder);

test.each(pages)("%s names settings that exist", (page) => {
  const named = quoted(page).flatMap((text) => text.match(/\b(MILLRACE|OPENAI)_[A-Z_]+\b/g) ?? []);
  expect(named.filter((name) => !settings.includes(`\`${name}\``) && !has(name))).toEqual([]);
});

test.each(pages)("%s quotes log lines that a service writes", (page) => {
  const lines = quoted(page).filter(
    (text) => /^[a-z]+( [a-z;,']+)+$/i.test(text) && !/^(millrace|redis-cli) /.test(text),
  );
  expect(lines.filter((line) => !has(line))).toEqual([]);
});

test("the pages quote log lines at all", () => {
  expect(pages.flatMap(quoted)).toContain("a round failed");
  expect(has("a round that no service has ever logged")).toBe(false);
});
