/** Evaluates the number by which workers are scaled, as deploy/k8s gives it, in Prometheus' own promtool. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { folder, installed, root } from "./programs.ts";

const promtool = installed("the number for scaling is not tested", "promtool");

const adapter = parse(readFileSync(join(root, "deploy/k8s/prometheus-adapter.yaml"), "utf8"));
const asked: string = adapter.rules.external[0].metricsQuery;
const documented = /`(max\(sum by[^`]*)`/.exec(
  readFileSync(join(root, "deploy/k8s/README.md"), "utf8"),
)?.[1];

const length = (instance: string, state: string, pool: string, jobs: number) => ({
  series: `millrace_queue_length{queue="documents",state="${state}",pool="${pool}",job="millrace",instance="${instance}"}`,
  values: `${jobs}x5`,
});
const input_series = [
  // Two schedulers, of which one read the queue a moment later: a job has started meanwhile.
  ...[length("a", "queued", "", 7), length("a", "queued", "gpu", 4), length("a", "running", "", 2)],
  ...[length("b", "queued", "", 6), length("b", "queued", "gpu", 4), length("b", "running", "", 3)],
  ...["a", "b"].flatMap((one) => [
    length(one, "scheduled", "", 900),
    length(one, "succeeded", "", 50_000),
  ]),
];

test.skipIf(promtool === undefined).each([
  [
    "of the Prometheus adapter",
    asked.replace("<<.LabelMatchers>>", 'queue="documents"'),
    '{queue="documents"}',
  ],
  ["of the documentation", documented, "{}"],
])("the number %s counts each job that is queued or running once", async (_name, expr, labels) => {
  const file = join(await folder(), "scaling.yaml");
  const promql_expr_test = [{ expr, eval_time: "1m", exp_samples: [{ labels, value: 13 }] }];
  const tests = [{ interval: "30s", input_series, promql_expr_test }];
  writeFileSync(file, stringify({ rule_files: [], evaluation_interval: "30s", tests }));
  const { status, stdout, stderr } = spawnSync(promtool ?? "", ["test", "rules", file], {
    encoding: "utf8",
  });
  expect(status, `${stdout}${stderr}`).toBe(0);
});
