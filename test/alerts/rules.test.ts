/** Runs the tests of deploy/prometheus/alerts.yaml in Prometheus' own promtool. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { installed, root } from "./programs.ts";

const promtool = installed("the alerts are not tested", "promtool");
const rules = join(import.meta.dirname, "rules");

const run = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(promtool ?? "", args, { encoding: "utf8" });
  return { status, output: `${stdout}${stderr}` };
};

test.skipIf(promtool === undefined)("promtool finds no fault in the rules", () => {
  const { status, output } = run("check", "rules", join(root, "deploy/prometheus/alerts.yaml"));
  expect(status, output).toBe(0);
});

test.skipIf(promtool === undefined).each(readdirSync(rules))(
  "the alerts of rules/%s fire, and stay silent, as they should",
  (file) => {
    const { status, output } = run("test", "rules", join(rules, file));
    expect(status, output).toBe(0);
  },
);
