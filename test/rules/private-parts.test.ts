import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { codeOf, Sources } from "./sources.ts";

const root = join(import.meta.dirname, "../..");
const page = "docs/adr/0016-private-parts-of-libraries.md";

/** The rows of the page's table: the library, its private names, the file that uses them, and the test. */
const rows = readFileSync(join(root, page), "utf8")
  .split("\n")
  .filter((line) => /^\| [A-Za-z-]+ \| /.test(line) && !line.startsWith("| Library"))
  .map((line) => {
    const cells = line.slice(2, -2).split(" | ");
    const [library = "", part = "", file = "", , , tested = ""] = cells;
    const linked = (cell: string) => join(dirname(page), /\]\(([^)]+)\)/.exec(cell)?.[1] ?? "");
    return {
      library,
      names: [...part.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
      file: linked(file),
      tested: linked(tested),
    };
  });

test("each private part of a library has its row, its file and its test", () => {
  expect(rows.length).toBeGreaterThan(8);
  for (const { names, file, tested } of rows) {
    expect(existsSync(join(root, tested)), tested).toBe(true);
    if (!file.endsWith(".ts")) continue;
    const text = readFileSync(join(root, file), "utf8");
    for (const name of names) expect(text, `${file} uses ${name}`).toContain(name);
  }
});

test("no other file uses these private names", () => {
  const sources = Sources.ofRepository();
  // These names are also public elsewhere, so other files may use them.
  const ours = new Set(["stream", "sendCommand", "maxReceiveMessageSize"]);
  for (const { names, file } of rows) {
    for (const name of names.filter((one) => !ours.has(one))) {
      const users = sources.paths.filter(
        (path) =>
          path.endsWith(".ts") && new RegExp(`\\b${name}\\b`).test(codeOf(sources.read(path))),
      );
      expect(
        users.filter((path) => path !== file),
        `${name} is private to its library`,
      ).toEqual([]);
    }
  }
});
