/**
 * What does tracing cost a job? `node bench/tracing.ts [jobs] [rounds] [off|sampled|whole …]`
 *
 * CPU time of a job in caller, gateway, scheduler, worker and Redis, as in end-to-end.ts: with tracing off, with 1 % of the
 * traces sampled, and with all of them. Each way has its own Millrace, and they take turns. Ratios are of one round. The
 * collector is a process that takes spans over OTLP and throws them away; its own CPU time is not counted.
 */
import { argumentsFrom, numberArgument } from "./parts/arguments.ts";
import type { Round } from "./parts/caller.ts";
import { startChild } from "./parts/child.ts";
import type { Outcome } from "./parts/progress.ts";
import { circumstances, keep, median, ratioText, rounded } from "./parts/report.ts";
import { startBenchSystem } from "./parts/system.ts";
import { cpuPerJob } from "./parts/usage.ts";

const JOBS = numberArgument(0, 10_000);
const ROUNDS = numberArgument(1, 7);

const loads = [
  { way: "SubmitStream", inFlight: 512 },
  { way: "SubmitStream", inFlight: 64 },
  { way: "SubmitJob", inFlight: 64 },
] as const;

await using collector = await startChild("span-sink.ts", {});
const { endpoint } = await collector.ask<{ endpoint: string }>({});
const sampled = (share: string) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
  OTEL_TRACES_SAMPLER_ARG: share,
});
const ways: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  off: {},
  sampled: sampled("0.01"),
  whole: sampled("1"),
};
const chosen = argumentsFrom(2);
const names = chosen.length > 0 ? chosen : Object.keys(ways);

async function start(settings: Readonly<Record<string, string>>) {
  const stack = new AsyncDisposableStack();
  const bench = stack.use(await startBenchSystem({}, undefined, settings));
  const { system } = bench;
  const children = async (slots: number) => {
    const worker = await startChild("noop-worker.ts", {
      ...{ ADDRESS: system.workerTarget, SLOTS: String(slots) },
      ...settings,
    });
    const caller = await startChild("caller.ts", {
      ...{ ADDRESS: system.gatewayTarget(), API_KEY: system.apiKey },
    });
    return { worker, caller };
  };
  return {
    redisVersion: bench.redisVersion,
    /** Microseconds of CPU for each job, by process. */
    async measure({ way, inFlight }: Omit<Round, "jobs">): Promise<Record<string, number>> {
      const { worker, caller } = await children(inFlight);
      const run = (jobs: number) => caller.ask<Outcome>({ way, jobs, inFlight } satisfies Round);
      await run(Math.ceil(JOBS / 10));
      const pids = { caller: caller.pid, worker: worker.pid, ...bench.pids };
      const { cpu } = await cpuPerJob(pids, JOBS, () => run(JOBS));
      await caller[Symbol.asyncDispose]();
      await worker[Symbol.asyncDispose]();
      return cpu;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const sum = (cpu: Readonly<Record<string, number>>) =>
  Object.values(cpu).reduce((all, us) => all + us, 0);

await using stack = new AsyncDisposableStack();
const systems = new Map<string, Awaited<ReturnType<typeof start>>>();
for (const name of names) systems.set(name, stack.use(await start(ways[name] ?? {})));

const about = circumstances([...systems.values()][0]?.redisVersion ?? "");
const results = [];
for (const load of loads) {
  const runs: Record<string, Record<string, number>[]> = {};
  console.log(`\n${load.way}, ${load.inFlight} in flight, ${JOBS} jobs a round`);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, system] of systems) {
      const cpu = await system.measure(load);
      runs[name] = [...(runs[name] ?? []), cpu];
      const parts = Object.entries(cpu).map(([part, us]) => `${part} ${us}`);
      console.log(`  ${round + 1} ${name.padEnd(8)} ${rounded(sum(cpu))} us: ${parts.join(", ")}`);
    }
  }
  const summary = names.map((name) => {
    const totals = (runs[name] ?? []).map(sum);
    const off = (runs.off ?? []).map(sum);
    const ratios = totals.map((us, round) => us / (off[round] ?? Number.NaN));
    console.log(`${name}: ${rounded(median(totals))} us a job, ${ratioText(ratios)} of off`);
    return { name, cpuUsPerJob: rounded(median(totals)), ratios: ratios.map(rounded) };
  });
  results.push({ ...load, summary, runs });
}
keep("tracing", { question: "what tracing costs a job", ...about, jobs: JOBS, results });
