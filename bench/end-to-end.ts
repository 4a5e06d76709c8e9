/**
 * What does a job cost from end to end, compared with bare BullMQ? `node bench/end-to-end.ts [jobs] [rounds]`
 *
 * Millrace: a caller submits over gRPC and sees each job's end. Gateway, scheduler, worker and Redis are separate
 * processes. BullMQ: `Queue.add` and a `Worker`. Both have the same payload and the same Redis, and take turns.
 * Ratios compare runs of the same round.
 *
 * Millrace's caller keeps a fixed number of jobs in flight: submitted and not ended. BullMQ does the same where
 * its producer sees each end, and where it is bounded. Otherwise that number of `add` calls is under way, and the
 * number of jobs that wait for the worker is not bounded.
 *
 * Redis runs first without persistence, and then with an append-only file that is synced every second, as is
 * usual.
 */

import { numberArgument } from "./parts/arguments.ts";
import type { Role } from "./parts/bullmq.ts";
import type { Round } from "./parts/caller.ts";
import { startChild } from "./parts/child.ts";
import { isStuck, type Outcome, stuckText, together } from "./parts/progress.ts";
import { circumstances, keep, median, ratioText, rounded } from "./parts/report.ts";
import { type BenchSystem, startBenchSystem } from "./parts/system.ts";
import { cpuPerJob } from "./parts/usage.ts";

const JOBS = numberArgument(0, 20_000);
const ROUNDS = numberArgument(1, 3);
const IN_FLIGHT = [64, 512];

interface Run {
  readonly jobsPerSecond: number;
  readonly cpuUsPerJob: Readonly<Record<string, number>>;
  /** Set if the round got stuck. The figures are then of the jobs that were done. */
  readonly incomplete?: Outcome;
}

const persistences = {
  "without persistence": {},
  "with an append-only file": { appendonly: true, appendfsync: "everysec" },
} as const;

async function timed(
  jobs: number,
  parts: Readonly<Record<string, number>>,
  work: () => Promise<Outcome>,
): Promise<Run> {
  const startedMs = performance.now();
  const { result, cpu } = await cpuPerJob(parts, jobs, work);
  const seconds = (performance.now() - startedMs - result.idleMs) / 1_000;
  const perDone = ([part, us]: [string, number]) => [part, rounded((us * jobs) / result.done)];
  return {
    jobsPerSecond: result.done / seconds,
    cpuUsPerJob: isStuck(result) ? Object.fromEntries(Object.entries(cpu).map(perDone)) : cpu,
    ...(isStuck(result) ? { incomplete: result } : {}),
  };
}

type Start = (bench: BenchSystem, inFlight: number, jobs: number) => Promise<Run>;

/** Each round has its own queue, because a round that got stuck may leave jobs behind. */
let bareQueues = 0;

const bullMq =
  (roles: readonly Role[]): Start =>
  async ({ system, pids }, inFlight, jobs) => {
    const children = await Promise.all(
      roles.map((ROLE) =>
        startChild("bullmq.ts", {
          ...{ REDIS_URL: system.redis.url, QUEUE: `bare-${bareQueues}` },
          ...{ ROLE, IN_FLIGHT: String(inFlight) },
        }),
      ),
    );
    const named = Object.fromEntries(children.map(({ pid }, index) => [roles[index] ?? "", pid]));
    const all = async (count: number) =>
      together(await Promise.all(children.map((child) => child.ask<Outcome>({ jobs: count }))));
    await all(Math.ceil(jobs / 10));
    const run = await timed(jobs, { ...named, redis: pids.redis ?? 0 }, () => all(jobs));
    for (const child of children) await child[Symbol.asyncDispose]();
    if (run.incomplete !== undefined) bareQueues += 1;
    return run;
  };

const millrace =
  (way: Round["way"]): Start =>
  async ({ system, pids }, inFlight, jobs) => {
    await using worker = await startChild("noop-worker.ts", {
      ADDRESS: system.workerTarget,
      SLOTS: String(inFlight),
    });
    await using caller = await startChild("caller.ts", {
      ADDRESS: system.gatewayTarget(),
      API_KEY: system.apiKey,
    });
    const round = (count: number) =>
      caller.ask<Outcome>({ way, jobs: count, inFlight } satisfies Round);
    await round(Math.ceil(jobs / 10));
    const named = { caller: caller.pid, worker: worker.pid };
    return await timed(jobs, { ...named, ...pids }, () => round(jobs));
  };

const contenders = {
  "BullMQ, two processes": bullMq(["worker", "producer"]),
  "BullMQ, two processes, the producer sees each end": bullMq(["worker", "watcher"]),
  "BullMQ, one process": bullMq(["both"]),
  "BullMQ, one process, bounded": bullMq(["bounded"]),
  "Millrace, SubmitStream": millrace("SubmitStream"),
  "Millrace, SubmitJob for each": millrace("SubmitJob"),
};
type Contender = keyof typeof contenders;
const bars: readonly Contender[] = [
  "BullMQ, two processes",
  "BullMQ, two processes, the producer sees each end",
  "BullMQ, one process",
  "BullMQ, one process, bounded",
];
const names = Object.keys(contenders) as Contender[];

let redisVersion = "";
const levels = [];
for (const [persistence, options] of Object.entries(persistences)) {
  await using bench = await startBenchSystem(options);
  redisVersion = bench.redisVersion;
  for (const inFlight of IN_FLIGHT) {
    const runs: Record<string, Run[]> = Object.fromEntries(names.map((name) => [name, []]));
    console.log(
      `\n${JOBS} jobs per round, ${inFlight} in flight, ${persistence}, ${ROUNDS} rounds in turns`,
    );
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const name of names) {
        const run = await contenders[name](bench, inFlight, JOBS);
        runs[name]?.push(run);
        const cpu = Object.entries(run.cpuUsPerJob).map(([part, us]) => `${part} ${us}`);
        console.log(
          `  ${round + 1} ${name.padEnd(50)} ${run.jobsPerSecond.toFixed(0).padStart(6)} jobs/s   ` +
            `CPU us per job: ${cpu.join(", ")}`,
        );
        if (run.incomplete !== undefined) console.log(`    ${stuckText(run.incomplete)}`);
      }
    }
    const speeds = (name: Contender) => (runs[name] ?? []).map((run) => run.jobsPerSecond);
    const ratios = (name: Contender, bar: Contender) =>
      speeds(name).map((speed, round) => speed / (speeds(bar)[round] ?? Number.NaN));
    const summary = names.map((name) => ({
      name,
      jobsPerSecond: Math.round(median(speeds(name))),
      incompleteRounds: (runs[name] ?? []).filter((run) => run.incomplete !== undefined).length,
      ratios: Object.fromEntries(bars.map((bar) => [bar, ratios(name, bar).map(rounded)] as const)),
    }));
    for (const name of names.filter((one) => one.startsWith("Millrace"))) {
      console.log(`${name}: ${Math.round(median(speeds(name)) * 60)} jobs per minute`);
      for (const bar of bars) console.log(`  ${ratioText(ratios(name, bar))} of ${bar}`);
    }
    levels.push({ persistence, inFlight, summary, runs });
  }
}
keep("end-to-end", {
  question: "a job from end to end, compared with bare BullMQ",
  ...circumstances(redisVersion),
  jobs: JOBS,
  levels,
});
