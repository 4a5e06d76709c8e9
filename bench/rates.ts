/**
 * What does a job cost at the rates that teams have? `node bench/rates.ts [seconds] [rounds]`
 *
 * A caller submits jobs at a fixed rate and follows each to its end: it waits for the result, or reads five pieces of text.
 * Caller, gateway, scheduler, worker and Redis are processes of their own. The figures are the CPU time of all of them per job,
 * and the latency from the time at which a job was due to its seen end. The processes' CPU time while nothing happens is
 * measured first, and is part of the figures. The rates take turns in each round.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { numberArgument } from "./parts/arguments.ts";
import { startChild } from "./parts/child.ts";
import { latencyText } from "./parts/latency.ts";
import type { Pace, PaceOutcome } from "./parts/paced-caller.ts";
import { circumstances, keep, median, rounded } from "./parts/report.ts";
import { startBenchSystem } from "./parts/system.ts";
import { cpuPerJob } from "./parts/usage.ts";

const SECONDS = numberArgument(0, 20);
const ROUNDS = numberArgument(1, 3);
const WARM_UP: Pace = { perSecond: 300, seconds: 5, chunks: 5 };

const cases = {
  "50 a second, awaited": { perSecond: 50, chunks: 0 },
  "300 a second, awaited": { perSecond: 300, chunks: 0 },
  "50 a second, five chunks": { perSecond: 50, chunks: 5 },
  "300 a second, five chunks": { perSecond: 300, chunks: 5 },
} as const;

await using bench = await startBenchSystem();
const { system } = bench;
await using worker = await startChild("noop-worker.ts", {
  ...{ ADDRESS: system.workerTarget, SLOTS: "64" },
});
await using caller = await startChild("paced-caller.ts", {
  ...{ ADDRESS: system.gatewayTarget(), API_KEY: system.apiKey },
});
const about = circumstances(bench.redisVersion);
const parts = { ...bench.pids, worker: worker.pid, caller: caller.pid };

await caller.ask(WARM_UP);
const idle = await cpuPerJob(parts, SECONDS, () => sleep(SECONDS * 1_000));
console.log(`Idle, ms of CPU a second: ${cpuText(idle.cpu)}`);

const runs: Record<string, (PaceOutcome & { cpuUsPerJob: Record<string, number> })[]> = {};
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [name, pace] of Object.entries(cases)) {
    const { result, cpu } = await cpuPerJob(parts, pace.perSecond * SECONDS, () =>
      caller.ask<PaceOutcome>({ ...pace, seconds: SECONDS }),
    );
    runs[name] ??= [];
    runs[name].push({ ...result, cpuUsPerJob: cpu });
    console.log(`round ${round + 1}, ${name}: ${cpuText(cpu)}; ${latencyText(result.latency)}`);
  }
}

console.log("\nCPU of all processes, ms a job (median of the rounds)");
const totals = Object.entries(runs).map(([name, all]) => {
  const totalMs = rounded(median(all.map(({ cpuUsPerJob }) => sum(cpuUsPerJob) / 1_000)));
  console.log(`  ${name.padEnd(26)} ${totalMs}`);
  return [name, totalMs] as const;
});
keep("rates", {
  question: "what a job costs at the rates that teams have",
  ...{ ...about, seconds: SECONDS, rounds: ROUNDS, idleUsPerSecond: idle.cpu },
  ...{ cpuMsPerJob: Object.fromEntries(totals), runs },
});

function cpuText(cpu: Readonly<Record<string, number>>): string {
  const each = Object.entries(cpu).map(([name, us]) => `${name} ${rounded(us / 1_000)}`);
  return `${rounded(sum(cpu) / 1_000)} ms (${each.join(", ")})`;
}

function sum(values: Readonly<Record<string, number>>): number {
  return Object.values(values).reduce((total, value) => total + value, 0);
}
