import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createMetrics, measuredServices } from "@millrace/telemetry";
import { expect, test } from "vitest";
import { parse } from "yaml";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

const { groups } = parse(read("deploy/prometheus/alerts.yaml")) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
};
const all = groups.flatMap((group) => group.rules);
const rules = all.flatMap(({ alert, ...rule }) =>
  alert === undefined ? [] : [{ alert, ...rule }],
);
const recorded = all.flatMap(({ record, expr }) =>
  record === undefined ? [] : [{ record, expr }],
);
const pages = readdirSync(join(root, "docs/runbooks")).filter((page) => page !== "README.md");

/** The labels of each metric. */
const metrics = new Map(
  measuredServices.flatMap((service) =>
    createMetrics(service)
      .registry.getMetricsAsArray()
      .map(
        (metric) =>
          [metric.name, (metric as unknown as { labelNames: string[] }).labelNames] as const,
      ),
  ),
);
/** Labels that Prometheus adds by itself. */
const added = ["instance", "job", "le"];

/** Returns the metrics of a query, each with the labels that its braces select. */
const used = (query: string) =>
  [...query.matchAll(/\b(millrace_[a-z_]+?)(?:_bucket|_count|_sum)?\b(?:\{([^}]*)\})?/g)].map(
    ([, name = "", chosen = ""]) => ({
      name,
      labels: [...chosen.matchAll(/(\w+)\s*[=!]/g)].map(([, label = ""]) => label),
    }),
  );

function wrongIn(query: string): string[] {
  const named = used(query);
  const known = named.flatMap(({ name }) => metrics.get(name) ?? []);
  const grouped = [...query.matchAll(/\b(?:by|on) \(([^)]*)\)/g)]
    .flatMap(([, list = ""]) => list.split(/,\s*/))
    .filter((label) => ![...known, ...added].includes(label));
  return [
    ...named
      .filter(({ name }) => !metrics.has(name))
      .map(({ name }) => `there is no metric ${name}`),
    ...named.flatMap(({ name, labels }) =>
      labels
        .filter((label) => ![...(metrics.get(name) ?? []), ...added].includes(label))
        .map((label) => `the metric ${name} has no label ${label}`),
    ),
    ...grouped.map((label) => `no metric of ${query} has the label ${label}`),
  ];
}

/** What a query records, from the metrics that it begins with. */
const written = (query: string): string =>
  query.replace(/millrace:\w+:\w+/g, (name) => {
    const rule = recorded.find(({ record }) => record === name);
    if (rule === undefined) throw new Error(`no rule records ${name}`);
    return `(${written(rule.expr)})`;
  });

test.each(recorded)("$record uses existing metrics and labels, and an alert uses it", (rule) => {
  expect(wrongIn(written(rule.expr))).toEqual([]);
  expect(all.some(({ expr }) => expr.includes(rule.record))).toBe(true);
});

test.each(rules)("$alert uses existing metrics and labels", ({ expr, annotations }) => {
  expect(used(written(expr))).not.toEqual([]);
  expect(wrongIn(written(expr))).toEqual([]);
  expect(existsSync(join(root, annotations.runbook))).toBe(true);
});

test("each runbook belongs to an alert, uses existing metrics, and is in the list", () => {
  const index = read("docs/runbooks/README.md");
  for (const { alert, annotations } of rules) {
    expect(index).toContain(alert);
    expect(index).toContain(`(${annotations.runbook.split("/").at(-1)})`);
  }
  const mentioned = rules.map(({ annotations }) => annotations.runbook);
  for (const page of pages) {
    expect(mentioned).toContain(`docs/runbooks/${page}`);
    const queries = [...read(`docs/runbooks/${page}`).matchAll(/`([^`]*\bmillrace_[^`]*)`/g)];
    expect(queries.flatMap(([, query = ""]) => wrongIn(query))).toEqual([]);
  }
});

test("each alert has a test in which it fires, and one in which it does not", () => {
  const folder = join(root, "test/alerts/rules");
  const tested = readdirSync(folder).flatMap((file) => {
    const { tests } = parse(readFileSync(join(folder, file), "utf8")) as {
      readonly tests: readonly {
        readonly alert_rule_test: readonly {
          readonly alertname: string;
          readonly exp_alerts: readonly unknown[];
        }[];
      }[];
    };
    return tests.flatMap((one) => one.alert_rule_test);
  });
  const has = (fires: boolean) =>
    new Set(
      tested.filter((one) => one.exp_alerts.length > 0 === fires).map((one) => one.alertname),
    );
  const names = rules.map(({ alert }) => alert);
  expect(names.filter((name) => !has(true).has(name))).toEqual([]);
  expect(names.filter((name) => !has(false).has(name))).toEqual([]);
});
