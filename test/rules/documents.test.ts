import { globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { defaultServeLimits, httpStatusOf, rpcError } from "@millrace/runtime";
import { answerReasons, jobTransitions, limits, reasons } from "@millrace/shared";
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
    "services/scheduler/src/store/redis-settings.ts",
    "services/scheduler/src/operators/spend-settings.ts",
    "packages/runtime/src/observe.ts",
    "packages/runtime/src/readiness.ts",
    "packages/runtime/src/departure.ts",
    "packages/runtime/src/secrets.ts",
    "packages/runtime/src/tls.ts",
    "packages/runtime/src/destination-settings.ts",
    "packages/runtime/src/document-settings.ts",
    "packages/runtime/src/inflow/inflow-settings.ts",
  ];
  const used = sources.flatMap((path) => [
    ...[...read(path).matchAll(/\b(?:setting|originsSetting)\(\s*"([A-Z0-9_]+)"/g)].map(
      ([, name]) => name,
    ),
    ...[...read(path).matchAll(/\bsecretFileSetting\("([A-Z_]+)"/g)].map(
      ([, name]) => `${name}_FILE`,
    ),
  ]);
  const documented = [...read("docs/settings.md").matchAll(/^\| `([A-Z0-9_]+)`/gm)].map(
    ([, name]) => name,
  );
  expect(documented.sort()).toEqual([...new Set(used)].sort());
});

const pages = globSync(["*.md", "{docs,deploy,examples,packages,proto,sdk,test}/**/*.md"], {
  cwd: root,
  exclude: ["**/node_modules/**", "**/.venv/**"],
});

test.each(pages)("the links of %s lead to existing files", (page) => {
  // A pattern in a code span may look like a link.
  const links = [
    ...read(page)
      .replaceAll(/`[^`\n]*`/g, "`")
      .matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g),
  ].map(([, target]) => target ?? "");
  for (const target of links) {
    const path = join(root, page, "..", target);
    expect(() => readdirSync(join(path, "..")), `${page}: ${target}`).not.toThrow();
    expect(readdirSync(join(path, "..")), `${page}: ${target}`).toContain(target.split("/").at(-1));
  }
});

test("docs/errors.md lists the statuses of every reason", () => {
  const rows = [...read("docs/errors.md").matchAll(/^\| `([A-Z_]+)` \| ([A-Z_]+) \| (\d+) \|/gm)];
  const documented = rows.map(([, reason, code, http]) => [reason, code, Number(http)]);
  const actual = reasons.map((reason) => {
    const fault = rpcError({ reason, message: "" });
    return [reason, status[fault.code], httpStatusOf(fault)];
  });
  expect(documented.sort()).toEqual(actual.sort());
});

test("docs/errors.md says of each reason of a model whether other attempts are made", () => {
  const rows = read("docs/errors.md").matchAll(/^\| `((?:ANSWER|INPUT|CONTEXT)_[A-Z_]+)` \|.*$/gm);
  const documented = [...rows].map(([row, reason]) => [reason, row.includes("on every attempt")]);
  const actual = Object.entries(answerReasons).map(([reason, { retryable }]) => [
    reason,
    retryable,
  ]);
  expect(documented.sort()).toEqual(actual.sort());
});

/** Formats a limit as the page writes it: one number, or minimum, maximum and default. */
const written = (limit: number | { min: number; max: number; default: number }): string =>
  typeof limit === "number" ? String(limit) : `${limit.min}–${limit.max}, ${limit.default}`;

test("docs/operations.md lists every limit", () => {
  const page = read("docs/operations.md").split("## Limits")[1] ?? "";
  const rows = [...page.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, name, value]) => [
    name,
    value,
  ]);
  const actual = [...Object.entries(limits), ...Object.entries(defaultServeLimits)];
  expect(rows.sort()).toEqual(actual.map(([name, limit]) => [name, written(limit)]).sort());
});

test("the state diagram of ARCHITECTURE.md equals the table of transitions", () => {
  const drawn = [...read("ARCHITECTURE.md").matchAll(/^ {2}(\w+) --> (\w+)/gm)].map(
    ([, from, to]) => `${from} → ${to}`,
  );
  const allowed = Object.entries(jobTransitions).flatMap(([from, all]) =>
    all.map((to) => `${from} → ${to}`),
  );
  expect(drawn.sort()).toEqual(allowed.sort());
});

test.each(["docs", "docs/adr", "docs/runbooks"])(
  "%s/README.md links to every page in its folder",
  (folder) => {
    const index = read(`${folder}/README.md`);
    const others = readdirSync(join(root, folder)).filter((name) => name.endsWith(".md"));
    expect(others.filter((name) => name !== "README.md" && !index.includes(`](${name})`))).toEqual(
      [],
    );
  },
);
