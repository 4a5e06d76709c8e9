/**
 * A program of callers who follow docs/retries.md: they submit jobs with idempotency keys and wait for them, watch them, or call
 * over HTTP, until they are told to stop. Then they compare what they saw with what the gateway lists, and write a report as
 * JSON. Settings come as JSON in LOAD; a line on standard input stops it.
 */
import { once } from "node:events";
import { connectMillrace, type Millrace, MillraceError } from "@millrace/client";
import { HttpCaller } from "./http-caller.ts";
import type { LoadOptions, LoadReport } from "./options.ts";

const options = JSON.parse(process.env.LOAD ?? "{}") as LoadOptions;
const { run, queue, jobMs } = options;
const WAIT_MS = 180_000;
const NAMED = 12;

interface Seen {
  readonly key: string;
  readonly startedMs: number;
  id?: string;
  tookMs?: number;
}

const millrace: Millrace = connectMillrace({ address: options.address, apiKey: options.apiKey });
const http = options.http === undefined ? undefined : new HttpCaller(options.http, options.apiKey);
const jobs: Seen[] = [];
const failures: { readonly atMs: number; readonly what: string; readonly error: string }[] = [];
const startedMs = Date.now();
let stopped = false;
let lastEndMs = startedMs;
let longestGapMs = 0;

const job = (key: string) => ({
  ...{ queue, type: "dawdle", payload: { ms: jobMs }, idempotencyKey: key, labels: { run } },
});

/** The text that a job writes: a number every 100 ms. */
const wholeText = Array.from({ length: Math.round(jobMs / 100) }, (_, n) => `${n} `).join("");

type Way = (seen: Seen) => Promise<void>;

const ways: Readonly<Record<string, Way>> = {
  async wait(seen) {
    seen.id = (await millrace.submit(job(seen.key))).jobId;
    await millrace.wait(seen.id, { deadlineMs: WAIT_MS });
  },
  async watch(seen) {
    seen.id = (await millrace.submit(job(seen.key))).jobId;
    let text = "";
    for await (const delta of millrace.text(seen.id))
      text = delta.reset ? delta.text : text + delta.text;
    if (text !== wholeText) throw new Error(`the text of ${seen.id} is ${JSON.stringify(text)}`);
  },
  async http(seen) {
    if (http === undefined) throw new Error("no address for HTTP");
    seen.id = await http.submit(job(seen.key));
    await http.wait(seen.id, WAIT_MS);
  },
};

const describe = (error: unknown): string =>
  error instanceof MillraceError
    ? `${error.code} ${error.reason}: ${error.message}`
    : String(error).slice(0, 300);

async function call(name: string): Promise<void> {
  const seen: Seen = { key: `${run}-${jobs.length}`, startedMs: Date.now() };
  jobs.push(seen);
  try {
    await ways[name]?.(seen);
    const nowMs = Date.now();
    seen.tookMs = nowMs - seen.startedMs;
    longestGapMs = Math.max(longestGapMs, nowMs - lastEndMs);
    lastEndMs = nowMs;
  } catch (error) {
    failures.push({ atMs: seen.startedMs - startedMs, what: name, error: describe(error) });
  }
}

async function caller(name: string): Promise<void> {
  while (!stopped) await call(name);
}

const names = options.ways ?? Object.keys(ways);
const callers = Array.from({ length: options.callers }, (_, n) =>
  caller(names[n % names.length] ?? "wait"),
);
// These submissions do not wait for those before them, so an outage does not slow them down.
const others: Promise<void>[] = [];
const timer = setInterval(() => others.push(call("wait")), 1_000 / options.perSecond);
process.stdout.write("started\n");
await once(process.stdin, "data");
clearInterval(timer);
stopped = true;
await Promise.all([...callers, ...others]);

const count = (values: readonly (string | number)[]) => {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
};
const stored = await Array.fromAsync(millrace.list({ queue, label: { name: "run", value: run } }));
const keys = count(stored.map(({ idempotencyKey }) => idempotencyKey ?? ""));
const ids = new Set(stored.map(({ id }) => id));
const took = jobs.flatMap(({ tookMs }) => tookMs ?? []).toSorted((a, b) => a - b);
const report: LoadReport = {
  seconds: (Date.now() - startedMs) / 1_000,
  jobs: jobs.length,
  acknowledged: jobs.filter(({ id }) => id !== undefined && ids.has(id)).length,
  states: count(stored.map(({ state }) => state)),
  attempts: count(stored.map(({ attempt }) => attempt)),
  stalls: stored.reduce((sum, { stalls }) => sum + stalls, 0),
  doubled: Object.values(keys).filter((times) => times > 1).length,
  failedCalls: failures.length,
  failures: failures.slice(0, NAMED),
  httpRetries: http?.retries ?? {},
  longestGapMs,
  tookMs: {
    p50: took[Math.floor(took.length / 2)] ?? 0,
    p99: took[Math.floor(took.length * 0.99)] ?? 0,
    most: took.at(-1) ?? 0,
  },
};
process.stdout.write(`${JSON.stringify(report)}\n`);
await millrace.close();
process.exit(0);
