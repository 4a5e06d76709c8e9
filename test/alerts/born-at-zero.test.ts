/**
 * Prometheus sees no increase in the first value of a series. So each counter that an alert reads must exist at 0 in a
 * system that has done nothing yet.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type LocalSystem, startSystem } from "@millrace/local";
import { WEBHOOK_QUEUE } from "@millrace/shared";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { root } from "./programs.ts";

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly expr: string }[] }[];
}

const file = readFileSync(join(root, "deploy/prometheus/alerts.yaml"), "utf8");
const exprs = (parse(file) as Rules).groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));
/** What the alerts read of counters, such as `millrace_rpc_calls_total{code=~"2|13|14"}`. */
const selectors = [
  ...new Set(
    exprs.flatMap((expr) => expr.match(/millrace_[a-z_]+_(?:total|count)\b(?:\{[^}]*\})?/g) ?? []),
  ),
].sort();

type Labels = ReadonlyMap<string, string>;
const labelPattern = /(\w+)(=~|!~|!=|=)"([^"]*)"/g;

/** Whether a series has the name and the labels that a selector asks for. A label that is missing counts as empty. */
function matches(selector: string, name: string, labels: Labels): boolean {
  if (selector.split("{")[0] !== name) return false;
  return [...selector.matchAll(labelPattern)].every(([, label = "", how = "", wanted = ""]) => {
    const value = labels.get(label) ?? "";
    const same = how.includes("~") ? new RegExp(`^(?:${wanted})$`).test(value) : value === wanted;
    return how.startsWith("!") ? !same : same;
  });
}

const seriesOf = (line: string) => {
  const name = line.split(/[{ ]/)[0] ?? "";
  const labels = [...line.matchAll(labelPattern)].map(([, label = "", , value = ""]) => {
    return [label, value] as const;
  });
  return { name, labels: new Map(labels) };
};

let system: LocalSystem | undefined;
beforeAll(async () => {
  system = await startSystem({
    queues: [{ name: "documents", types: ["chat"] }],
    settings: {
      all: { MILLRACE_WEBHOOK_KEY: Buffer.alloc(32, 1).toString("base64") },
      worker: {
        MILLRACE_QUEUES: `documents,${WEBHOOK_QUEUE}`,
        ...{ MILLRACE_PROVIDER: "openai", OPENAI_BASE_URL: "http://127.0.0.1:1" },
        ...{ OPENAI_API_KEY: "k", MILLRACE_MODEL: "m", MILLRACE_POOLS: "openai/m" },
      },
    },
  });
}, 180_000);
afterAll(() => system?.[Symbol.asyncDispose]());

test("each counter that an alert reads exists at 0 before anything has happened", async () => {
  expect(selectors.length).toBeGreaterThan(12);
  const { schedulers = [], gateways = [], workers = [] } = system ?? {};
  const services = [...schedulers, ...gateways, ...workers];
  const missing = async () => {
    const pages = await Promise.all(
      services.map(async ({ addresses }) =>
        (await fetch(`http://${addresses.metrics}/metrics`)).text(),
      ),
    );
    const zeros = pages
      .flatMap((page) => page.split("\n"))
      .filter((line) => line.startsWith("millrace_") && line.endsWith(" 0"))
      .map(seriesOf);
    return selectors.filter(
      (selector) => !zeros.some(({ name, labels }) => matches(selector, name, labels)),
    );
  };
  // A scheduler reads a new queue with its next round.
  await vi.waitFor(async () => expect(await missing()).toEqual([]), {
    ...{ timeout: 30_000, interval: 250 },
  });
}, 60_000);
