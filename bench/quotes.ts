/**
 * How often does a job start when its quote says? `node bench/quotes.ts [jobs] [keys] [load in percent]`
 *
 * Several keys submit batches of 1 to 12 jobs at random times, of all bands, for a worker with 20 slots whose jobs run 50 ms and
 * then as long as chance has it, 200 ms on average. The load is that of the slots; bursts of ten batches at once add to it. Before each
 * batch is submitted, it is quoted, and one of its jobs is compared with its quote. The first tenth of the batches only
 * warms up.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { connectMillrace, type QuotedTimes } from "@millrace/client";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { startWorker } from "@millrace/worker-sdk";
import { numberArgument } from "./parts/arguments.ts";
import { circumstances, keep } from "./parts/report.ts";
import { startBenchSystem } from "./parts/system.ts";

const JOBS = numberArgument(0, 1_000);
const KEYS = numberArgument(1, 5);
const LOAD = numberArgument(2, 90) / 100;
const SLOTS = 20;
const [LEAST_MS, MORE_MS, MOST_JOBS] = [50, 200, 12];
const BURST = 10;
/** One batch of so many begins a burst. */
const BURST_EVERY = 60;
const PRIORITIES = [5, 50, 90];

await using bench = await startBenchSystem();
const { system } = bench;
const about = circumstances(bench.redisVersion);

const chance = (mean: number) => -mean * Math.log(1 - random.next());
const among = (count: number) => Math.floor(random.next() * count);
const worker = startWorker({
  ...{ address: system.workerTarget, workerId: "bench", queues: ["bench"], slots: SLOTS },
  executors: { work: async () => void (await sleep(LEAST_MS + chance(MORE_MS))) },
  ...{ clock, random },
});
const apiKeys = [system.apiKey];
while (apiKeys.length < KEYS) apiKeys.push(await system.createApiKey("bench"));
const callers = apiKeys.map((apiKey) =>
  connectMillrace({ address: system.gatewayTarget(), apiKey }),
);

interface Outcome {
  readonly start: QuotedTimes;
  readonly startedMs: number;
  readonly quotedMs: number;
}

async function batch(): Promise<Outcome> {
  const millrace = callers[among(callers.length)] as (typeof callers)[number];
  const count = 1 + among(MOST_JOBS);
  const priority = PRIORITIES[among(PRIORITIES.length)] as number;
  const jobs = Array.from({ length: count }, () => ({ queue: "bench", type: "work", priority }));
  const quotedMs = clock.nowMs();
  const { quotes } = await millrace.quote(jobs);
  const outcomes = await millrace.submitMany(jobs);
  const at = among(count);
  const outcome = outcomes[at];
  const quote = quotes[at];
  if (outcome?.kind !== "accepted" || quote === undefined) throw new Error("a job was refused");
  const { startTime } = await millrace.wait(outcome.jobId);
  return { start: quote.start, startedMs: startTime?.getTime() ?? Number.NaN, quotedMs };
}

const perBatchMs = ((LEAST_MS + MORE_MS) * (1 + MOST_JOBS)) / 2 / SLOTS / LOAD;
const running: Promise<Outcome>[] = [];
const total = Math.ceil(JOBS / 0.9);
while (running.length < total) {
  const burst = random.next() < 1 / BURST_EVERY ? BURST : 1;
  for (let one = 0; one < burst && running.length < total; one += 1) running.push(batch());
  await sleep(chance(perBatchMs));
}
const outcomes = (await Promise.all(running)).slice(total - JOBS);

const known = outcomes.filter(({ start }) => start.low !== undefined && start.high !== undefined);
const before = known.filter(({ start, startedMs }) => startedMs < Number(start.low));
const after = known.filter(({ start, startedMs }) => startedMs > Number(start.high));
const percent = (part: number) => Math.round((1_000 * part) / outcomes.length) / 10;
const middle = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
const result = {
  ...{ jobs: JOBS, keys: KEYS, loadPercent: LOAD * 100 },
  withinPercent: percent(known.length - before.length - after.length),
  earlierPercent: percent(before.length),
  laterPercent: percent(after.length),
  unknownPercent: percent(outcomes.length - known.length),
  medianWaitMs: middle(outcomes.map(({ startedMs, quotedMs }) => startedMs - quotedMs)),
  medianRangeMs: middle(known.map(({ start }) => Number(start.high) - Number(start.low))),
  waitedOverSecondPercent: percent(
    outcomes.filter(({ startedMs, quotedMs }) => startedMs - quotedMs > 1_000).length,
  ),
};
console.log(result);
keep("quotes", { question: "does a job start within its quoted range", ...about, ...result });
await worker.drain(2_000);
await Promise.all(callers.map((one) => one.close()));
