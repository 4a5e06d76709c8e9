import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createMetrics } from "@millrace/telemetry";
import { expect, test } from "vitest";
import { parse } from "yaml";

const root = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

const { groups } = parse(read("deploy/prometheus/alerts.yaml")) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const pages = readdirSync(join(root, "docs/runbooks")).filter((page) => page !== "README.md");

/** The labels of each metric. */
const metrics = new Map(
  createMetrics()
    .registry.getMetricsAsArray()
    .map((metric) => [metric.name, (metric as unknown as { labelNames: string[] }).labelNames]),
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
        .filter((label) => !metrics.get(name)?.includes(label))
        .map((label) => `the metric ${name} has no label ${label}`),
    ),
    ...grouped.map((label) => `no metric of ${query} has the label ${label}`),
  ];
}

test.each(rules)("$alert uses existing metrics and labels", ({ expr, annotations }) => {
  expect(used(expr)).not.toEqual([]);
  expect(wrongIn(expr)).toEqual([]);
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
