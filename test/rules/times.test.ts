import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const files = globSync("services/*/src/**/*.ts", { cwd: root }).filter(
  (file) => !file.endsWith(".test.ts"),
);

test("services convert times only with timeMs and timestampOf, which check the range", () => {
  const own = /\b(timestampMs|timestampFromMs|timestampDate|timestampFromDate|timestampNow)\b/;
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter((file) => own.test(readFileSync(join(root, file), "utf8")))).toEqual([]);
});
