/**
 * Do batches of one key delay interactive calls? `node bench/batches.ts [seconds]`, `node bench/batches.ts large [lines] [bytes]`
 *
 * Bursts of 15 chat completions at once, one burst each second, with `service_tier: priority`, by HTTP. The provider answers
 * each call after 250 ms, and one worker has 32 slots, so it can run 128 calls a second. The bursts are measured alone, and
 * then beside three batches of 1,000 lines of one key, which always fill the slots that are left: bursts of that key and of
 * another key take turns. Within a burst the calls are ordered by their latency: that is the staircase of the chart.
 *
 * With `large`: one batch of 50,000 lines of about 4,000 bytes each, whose provider answers at once. It prints how long each
 * part takes, and the most memory of each process.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type LocalSystem, startRedis, startSystem } from "@millrace/local";
import { AdminService } from "@millrace/proto/admin-service";
import { grpcClient } from "@millrace/runtime";
import { Redis } from "ioredis";
import { argumentsFrom, numberArgument } from "./parts/arguments.ts";
import { batchLines, openAiCaller, startCompletionProvider } from "./parts/completions.ts";
import { latencyOf, latencyText } from "./parts/latency.ts";
import { circumstances, keep, median, rounded } from "./parts/report.ts";
import { stepsChart } from "./parts/steps.ts";
import { residentBytes } from "./parts/usage.ts";

const LARGE = argumentsFrom(0)[0] === "large";
const SECONDS = LARGE ? 0 : numberArgument(0, 40);
const LINES = LARGE ? numberArgument(1, 50_000) : 1_000;
const LINE_BYTES = LARGE ? numberArgument(2, 4_000) : 400;
const BURST = 15;
const BATCHES = 3;
const ANSWER_MS = 250;
const SLOTS = LARGE ? 64 : 32;
const MIB = 2 ** 20;

using provider = await startCompletionProvider(LARGE ? 0 : ANSWER_MS);
const folder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
const accounts = join(folder, "accounts.yaml");
const account = { kind: "openai", name: "bench/main", base_url: provider.url, model: "bench" };
writeFileSync(accounts, JSON.stringify({ accounts: [account] }));
await using redis = await startRedis();
await using system = await startSystem({
  ...{ redis },
  settings: {
    gateway: { MILLRACE_BATCH_FILE_BYTES: String(2 ** 30) },
    worker: { MILLRACE_ACCOUNTS_FILE: accounts, MILLRACE_SLOTS: String(SLOTS) },
  },
});
const client = new Redis(redis.url);
const version = /redis_version:(\S+)/.exec(await client.info("server"))?.[1] ?? "unknown";
client.disconnect();
const about = circumstances(version);
const admin = grpcClient(AdminService, String(system.schedulers[0]?.addresses.admin));
const route = { account: account.name, model: "bench" };
await admin.rpc.putModel({ model: { name: "bench", routes: [route] } });
admin.close();

if (LARGE) await measureLarge(system);
else await measureBursts(system);
await system.stop();
rmSync(folder, { recursive: true });

type Caller = ReturnType<typeof openAiCaller>;

/** The latencies of one burst, the shortest first, in milliseconds. */
async function burst(caller: Caller): Promise<number[]> {
  const fromMs = performance.now();
  const calls = Array.from({ length: BURST }, async () => {
    await caller.chat("priority");
    return performance.now() - fromMs;
  });
  return (await Promise.all(calls)).sort((a, b) => a - b);
}

/** A burst each second, by each of the callers in turn, until `over`. */
async function bursts(
  callers: readonly Caller[],
  over: () => boolean | Promise<boolean>,
): Promise<number[][][]> {
  const measured: Promise<number[]>[][] = callers.map(() => []);
  for (let turn = 0; !(await over()); turn += 1) {
    const at = turn % callers.length;
    const caller = callers[at];
    if (caller !== undefined) measured[at]?.push(burst(caller));
    await pause(1_000);
  }
  return Promise.all(measured.map((all) => Promise.all(all)));
}

/** The median of each place in the bursts. */
function staircase(all: readonly number[][]): number[] {
  return Array.from({ length: BURST }, (_, at) => rounded(median(all.map((one) => one[at] ?? 0))));
}

async function measureBursts(of: LocalSystem): Promise<void> {
  const own = openAiCaller(of.httpUrl, of.apiKey);
  const other = openAiCaller(of.httpUrl, await of.createApiKey("other"));
  await burst(own);
  const untilMs = performance.now() + SECONDS * 500;
  const [alone = []] = await bursts([own], () => performance.now() > untilMs);

  const made = await Promise.all(
    Array.from({ length: BATCHES }, (_, n) =>
      own.createBatch(batchLines(`batch ${n}`, LINES, LINE_BYTES)),
    ),
  );
  const counts = async () =>
    (await Promise.all(made.map(({ id }) => own.batch(id)))).map((one) => one.request_counts);
  const total = BATCHES * LINES;
  const completed = async () => (await counts()).reduce((sum, one) => sum + one.completed, 0);
  while ((await completed()) < SLOTS) await pause(50);
  const fromMs = performance.now();
  const before = await completed();
  let after = before;
  // The last lines do not fill all slots.
  const [ofOwn = [], ofOther = []] = await bursts([own, other], async () => {
    after = await completed();
    return after > total - 2 * SLOTS || performance.now() > fromMs + SECONDS * 1_000;
  });
  const seconds = (performance.now() - fromMs) / 1_000;
  const series = {
    alone,
    "beside batches of the same key": ofOwn,
    "beside batches of another key": ofOther,
  };
  const latency = Object.fromEntries(
    Object.entries(series).map(([name, all]) => [
      name,
      { ...latencyOf(all.flat()), bursts: all.length, staircase: staircase(all) },
    ]),
  );
  for (const [name, measured] of Object.entries(latency)) {
    console.log(`${name}: ${latencyText(measured)}, ${measured.bursts} bursts`);
  }
  const linesASecond = rounded((after - before) / seconds);
  console.log(`meanwhile ${linesASecond} lines a second`);
  keep("batches", {
    ...{ question: "bursts of interactive calls, alone and beside batches", ...about },
    ...{ burst: BURST, batches: BATCHES, lines: LINES, slots: SLOTS, answerMs: ANSWER_MS },
    ...{ linesASecond, latencyMs: latency },
  });
  const colours = ["#94a3b8", "#14b8a6", "#0284c7"];
  const chart = stepsChart(
    `${BURST} calls at once beside ${BATCHES} batches of ${LINES} lines`,
    "the calls of a burst, the fastest first (median of the bursts)",
    "ms",
    Object.entries(latency).map(([name, { staircase: values }], at) => ({
      ...{ name: name.replace("beside batches of ", "batches of "), values },
      colour: colours[at] ?? "",
    })),
  );
  writeFileSync(join(import.meta.dirname, "../docs/batches.svg"), chart);
}

async function measureLarge(of: LocalSystem): Promise<void> {
  const caller = openAiCaller(of.httpUrl, of.apiKey);
  const services = [...of.gateways, ...of.schedulers, ...of.workers];
  const pids: Record<string, number> = { redis: redis.pid };
  for (const { name, pid } of services) pids[name] = pid;
  const atStart = await memory(pids);
  const most = { ...atStart };
  const lines = batchLines("large", LINES, LINE_BYTES);
  const bytes = lines.reduce((sum, line) => sum + line.length + 1, 0);
  const seconds: Record<string, number> = {};
  let fromMs = performance.now();
  const passed = (name: string) => {
    seconds[name] = rounded((performance.now() - fromMs) / 1_000);
    fromMs = performance.now();
    console.log(`${name}: ${seconds[name]} s`);
  };
  let batch = await caller.createBatch(lines);
  passed("upload");
  const look = async () => {
    await pause(200);
    for (const [name, now] of Object.entries(await memory(pids))) {
      most[name] = Math.max(most[name] ?? 0, now);
    }
    batch = await caller.batch(batch.id);
  };
  while (batch.status === "validating") await look();
  passed("checking all lines");
  while (batch.request_counts.total < LINES && batch.status === "in_progress") await look();
  passed("adding all lines");
  while (batch.status === "in_progress") await look();
  passed("the lines that were left");
  while (batch.status === "finalizing") await look();
  passed("writing the files");
  if (batch.status !== "completed" || batch.request_counts.completed !== LINES) {
    throw new Error(JSON.stringify(batch));
  }
  const memoryMib = Object.fromEntries(
    Object.entries(most).map(([name, now]) => [
      name,
      { atStart: rounded((atStart[name] ?? 0) / MIB), most: rounded(now / MIB) },
    ]),
  );
  console.log(JSON.stringify(memoryMib, null, 2));
  keep("batches-large", {
    ...{ question: "one batch of many lines", ...about },
    ...{ lines: LINES, fileMib: rounded(bytes / MIB), slots: SLOTS, seconds, memoryMib },
  });
}

async function memory(pids: Readonly<Record<string, number>>): Promise<Record<string, number>> {
  const read = Object.entries(pids).map(
    async ([name, pid]) => [name, await residentBytes(pid)] as const,
  );
  return Object.fromEntries(await Promise.all(read));
}
