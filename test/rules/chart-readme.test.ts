// The comments of the chart's values.yaml are its documentation: its README and its schema repeat them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chartFiles, chartValues } from "../../scripts/chart-values.ts";

const chart = join(import.meta.dirname, "../../deploy/k8s/millrace");

test("a comment explains each value of the chart", () => {
  const values = chartValues();
  expect(values.length).toBeGreaterThan(100);
  expect(values.filter(({ comment }) => comment === "").map(({ path }) => path)).toEqual([]);
});

test.each(Object.entries(chartFiles()))("%s is what values.yaml says", (name, text) => {
  const written = readFileSync(join(chart, name), "utf8");
  expect(written, "run `pnpm run generate`").toBe(text);
});
