/**
 * A real Prometheus reads a whole Millrace that has done some work. Each query of the dashboards, rules and runbooks must
 * run, and each query of the dashboards must find something. Each command of the runbooks is run too.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { connectMillrace } from "@millrace/client";
import { startSystem } from "@millrace/local";
import { WEBHOOK_QUEUE } from "@millrace/shared";
import { answer, freePort, refuse, startProviderSimulator } from "@millrace/testing";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { folder, installed, root, startProgram } from "./programs.ts";

const prometheus = installed("metrics, dashboards and runbooks are not tried", "prometheus");
const run = promisify(execFile);
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const POOL = "openai/m";
const POOR = "openai/poor";
const patience = { timeout: 60_000, interval: 250 };

const parts = new AsyncDisposableStack();
const defer = (end: () => Promise<void>) => void parts.defer(end);
afterAll(() => parts.disposeAsync());

/** Starts Millrace with its real worker. The model answers, except for the account without money. */
async function startMillrace() {
  const model = await startProviderSimulator(({ messages }) =>
    messages.some(({ content }) => content === POOR)
      ? refuse(429, "insufficient_quota")
      : { ...answer("one ", "two ", "three"), pauseMs: 50 },
  );
  parts.use(model);
  const receiver = await startReceiver();
  const system = parts.use(
    await startSystem({
      queues: [{ name: "documents", types: ["chat"] }, { name: "spare" }],
      settings: {
        all: {
          MILLRACE_WEBHOOK_KEY: Buffer.alloc(32, 1).toString("base64"),
          MILLRACE_WEBHOOK_ALLOWED_DESTINATIONS: "http://127.0.0.1",
        },
        worker: {
          MILLRACE_QUEUES: `documents,${WEBHOOK_QUEUE}`,
          ...{ MILLRACE_PROVIDER: "openai", OPENAI_BASE_URL: model.url, OPENAI_API_KEY: "k" },
          ...{ MILLRACE_MODEL: "m", MILLRACE_POOLS: `${POOL},${POOR}` },
        },
      },
    }),
  );
  const env = {
    ...process.env,
    MILLRACE_ADDRESS: system.gatewayTarget(),
    MILLRACE_API_KEY: system.apiKey,
    MILLRACE_ADMIN_ADDRESS: String(system.schedulers[0]?.addresses.admin),
  };
  const millrace = async (...args: string[]) =>
    (await run(join(root, "packages/cli/bin/millrace.mjs"), args, { env })).stdout;
  const clientOf = (apiKey: string) => {
    const client = connectMillrace({ address: system.gatewayTarget(), apiKey, deadlineMs: 60_000 });
    parts.defer(() => client.close());
    return client;
  };
  return { system, receiver, millrace, clientOf, client: clientOf(system.apiKey) };
}

/** A receiver of webhooks that is busy at first. */
async function startReceiver(): Promise<string> {
  let requests = 0;
  const server = createServer((request, response) => {
    request.resume();
    requests += 1;
    response.writeHead(requests === 1 ? 429 : 204, { "retry-after": "1" }).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  parts.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

type Millrace = Awaited<ReturnType<typeof startMillrace>>;

const chat = (pool: string, content = pool) => ({
  ...{ queue: "documents", type: "chat", pool, retry: { maxAttempts: 1 } },
  payload: { messages: content === "" ? [] : [{ role: "user", content }] },
  traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
});

/** Runs jobs that end in each way, and leaves some that wait. */
async function work({ client, clientOf, millrace, system, receiver }: Millrace) {
  await client.webhooks.create({ url: receiver });
  const { traceparent: _, ...job } = chat("", "hi");
  const { id: schedule } = await client.schedules.create({
    ...{ name: "often", intervalMs: 1_000, job },
  });
  await millrace("providers", "put", POOL, "--requests-per-minute", "600");
  const limitedKey = await system.createApiKey("limited");
  const keyId = limitedKey.split("_")[1] ?? "";
  await millrace("keys", "update", keyId, "--max-running", "1");
  const limited = clientOf(limitedKey);
  const jobs = [chat(POOL), chat(POOL), chat("", "hi")];
  const runs = [...jobs.map((job) => client.run(job)), ...jobs.map((job) => limited.run(job))];
  // Its payload is wrong, so it becomes a dead letter.
  const { jobId: deadJob } = await client.submit(chat(POOL, ""));
  const group = await client.createGroup({ queue: "documents" }, [chat("", "hi")], { close: true });
  await Promise.all([...runs, group.done(), client.wait(deadJob).catch(() => undefined)]);
  await client.submit(chat(POOR));
  await client.submit({ queue: "spare", type: "chat" });
  return { keyId, deadJob, schedule };
}

async function startPrometheus({ system }: Millrace) {
  const directory = await folder(defer);
  const config = join(directory, "prometheus.yml");
  const { schedulers, gateways, workers } = system;
  const scrape_configs = Object.entries({ schedulers, gateways, workers }).map(([name, list]) => ({
    job_name: name,
    static_configs: [{ targets: list.map(({ addresses }) => addresses.metrics) }],
  }));
  const global = { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" };
  const rule_files = [join(root, "deploy/prometheus/alerts.yaml")];
  await writeFile(config, JSON.stringify({ global, rule_files, scrape_configs }));
  const address = `127.0.0.1:${await freePort()}`;
  await startProgram(
    prometheus ?? "",
    [
      ...[`--config.file=${config}`, `--storage.tsdb.path=${join(directory, "data")}`],
      ...[`--web.listen-address=${address}`, "--enable-feature=exemplar-storage"],
    ],
    "Server is ready to receive web requests",
    defer,
  );
  return async function api<T>(path: string, params: Record<string, string> = {}): Promise<T> {
    const url = `http://${address}/api/v1/${path}?${new URLSearchParams(params)}`;
    const body = (await (await fetch(url)).json()) as { error?: string; data: T };
    if (body.error !== undefined) throw new Error(`${params.query}: ${body.error}`);
    return body.data;
  };
}

const dashboards = join(root, "deploy/grafana");
const runbooks = join(root, "docs/runbooks");
const pages = readdirSync(runbooks).map((name) => readFileSync(join(runbooks, name), "utf8"));
/** What stands between backticks in the runbooks, in one line. */
const quoted = pages.flatMap((page) =>
  [...page.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text.replace(/\s+/g, " ")),
);
const commands = [...new Set(quoted.filter((text) => /^(millrace|redis-cli) /.test(text)))];
const queries = [
  ...new Set(quoted.filter((text) => /\((?:.*\W)?(millrace_|nodejs_|up\))/.test(text))),
];

interface Dashboard {
  readonly title: string;
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

const panels = readdirSync(dashboards).flatMap((name) => {
  const { title, panels: all } = JSON.parse(
    readFileSync(join(dashboards, name), "utf8"),
  ) as Dashboard;
  return all.flatMap((panel) =>
    panel.targets.map(({ expr }) => ({ panel: `${title}, ${panel.title}`, expr })),
  );
});

describe.skipIf(prometheus === undefined)("with Prometheus", () => {
  let millrace: Millrace;
  let known: Awaited<ReturnType<typeof work>>;
  let api: Awaited<ReturnType<typeof startPrometheus>>;

  beforeAll(async () => {
    millrace = await startMillrace();
    api = await startPrometheus(millrace);
    // Counters must be seen at 0 before anything happens.
    await vi.waitFor(async () => {
      const { result } = await api<{ result: unknown[] }>("query", {
        query: 'millrace_jobs_failed_total{type="chat"} == 0',
      });
      expect(result).toHaveLength(1);
    }, patience);
    known = await work(millrace);
  }, 180_000);

  const query = async (text: string) => {
    // The variables of Grafana, if nothing is chosen.
    const plain = text
      .replaceAll("$__rate_interval", "2m")
      .replaceAll("$__range", "2m")
      .replaceAll("$queue", ".*");
    return (await api<{ result: readonly unknown[] }>("query", { query: plain })).result;
  };

  test("every panel of the dashboards shows something", async () => {
    let missing = panels;
    await vi.waitFor(async () => {
      const empty: typeof panels = [];
      for (const one of missing) if ((await query(one.expr)).length === 0) empty.push(one);
      missing = empty;
      expect(missing).toEqual([]);
    }, patience);
  });

  test("Prometheus evaluates every rule, and the account without money pages although its only call is over", async () => {
    interface Rules {
      readonly groups: readonly { readonly rules: readonly { name: string; health: string }[] }[];
    }
    await vi.waitFor(async () => {
      const { groups } = await api<Rules>("rules");
      const rules = groups.flatMap((group) => group.rules);
      expect(rules.length).toBeGreaterThan(30);
      expect(rules.filter(({ health }) => health !== "ok")).toEqual([]);
    }, patience);
    interface Alerts {
      readonly alerts: readonly {
        readonly labels: Readonly<Record<string, string>>;
        state: string;
      }[];
    }
    await vi.waitFor(async () => {
      const firing = (await api<Alerts>("alerts")).alerts.filter(({ state }) => state === "firing");
      expect(firing.map(({ labels }) => `${labels.alertname} ${labels.account}`)).toEqual([
        `MillraceProviderQuotaExhausted ${POOR}`,
      ]);
    }, patience);
  });

  test("an observation of a traced job leads to its trace", async () => {
    type Exemplars = readonly { readonly exemplars: readonly { labels: { trace_id: string } }[] }[];
    const found = async (name: string) => {
      const now = Date.now() / 1_000;
      const range = { start: String(now - 600), end: String(now + 60) };
      const series = await api<Exemplars>("query_exemplars", { query: `${name}_bucket`, ...range });
      return series.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels.trace_id));
    };
    for (const name of ["millrace_job_wait_seconds", "millrace_job_duration_seconds"]) {
      await vi.waitFor(async () => expect(await found(name)).toContain(TRACE), patience);
    }
  });

  test("every query of the runbooks runs", async () => {
    expect(queries.length).toBeGreaterThan(20);
    for (const text of queries) await query(text);
  });

  test.each(commands)("the runbooks' command works: %s", async (command) => {
    const { client, system, millrace: cli } = millrace;
    const { keyId, deadJob, schedule } = known;
    const jobOf = async (text: string) =>
      text.startsWith("millrace dead-letters")
        ? deadJob
        : (await client.submit({ queue: "spare", type: "chat" })).jobId;
    const file = join(await folder(), "millrace.yaml");
    await writeFile(file, "queues:\n  - name: documents\n    types: [chat]\n");
    const words = await Promise.all(
      command.split(" ").map(async (word) => {
        if (word === "JOB") return jobOf(command);
        const values: Record<string, string> = { QUEUE: "documents", NAME: POOR, KEY: keyId };
        return { ...values, SCHEDULE: schedule, FILE: file, REDIS: system.redis.url }[word] ?? word;
      }),
    );
    const [program = "", ...args] = words;
    await (program === "millrace" ? cli(...args) : run(program, args));
  });
});
