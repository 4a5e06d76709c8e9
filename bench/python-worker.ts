/**
 * How fast is a worker in Python, compared with one in TypeScript? `node bench/python-worker.ts [jobs] [rounds]`
 *
 * MILLRACE_PYTHON is a Python with the packages of sdk/python/requirements-dev.txt. Jobs do nothing, 64 and 512 in flight. The
 * three workers take turns on one system, and ratios compare runs of the same round. The CPU time is that of the worker's process.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { numberArgument } from "./parts/arguments.ts";
import { startChild } from "./parts/child.ts";
import { type NoopRun, noopRun } from "./parts/noop-run.ts";
import { circumstances, keep, median, ratioText, rounded } from "./parts/report.ts";
import { startBenchSystem } from "./parts/system.ts";

const JOBS = numberArgument(0, 10_000);
const ROUNDS = numberArgument(1, 3);
const python = process.env.MILLRACE_PYTHON;
if (python === undefined) {
  console.error("MILLRACE_PYTHON is not set: set it to the path of a Python");
  process.exit(1);
}

await using bench = await startBenchSystem();
const { system } = bench;
const about = circumstances(bench.redisVersion);

interface RunningProgram extends AsyncDisposable {
  readonly pid: number;
}

const inTypeScript = (inFlight: number): Promise<RunningProgram> =>
  startChild("noop-worker.ts", { ADDRESS: system.workerTarget, SLOTS: String(inFlight) });

const inPython =
  (KIND: "async" | "thread") =>
  async (inFlight: number): Promise<RunningProgram> => {
    const child = spawn(python, [join(import.meta.dirname, "parts/noop_worker.py")], {
      env: {
        PATH: process.env.PATH,
        PYTHONPATH: join(import.meta.dirname, "../sdk/python/src"),
        MILLRACE_SCHEDULER_ADDRESS: system.workerTarget,
        MILLRACE_SLOTS: String(inFlight),
        KIND,
      },
      stdio: "inherit",
    });
    return {
      pid: child.pid ?? 0,
      async [Symbol.asyncDispose]() {
        const ended = once(child, "exit");
        child.kill("SIGTERM");
        await ended;
      },
    };
  };

const workers = {
  TypeScript: inTypeScript,
  "Python, async": inPython("async"),
  "Python, threads": inPython("thread"),
};
type Name = keyof typeof workers;
const names = Object.keys(workers) as Name[];

async function run(name: Name, inFlight: number): Promise<NoopRun> {
  await using worker = await workers[name](inFlight);
  return await noopRun({ system, workerPid: worker.pid, jobs: JOBS, inFlight });
}

const levels = [];
for (const inFlight of [64, 512]) {
  const runs: Record<Name, NoopRun[]> = {
    TypeScript: [],
    "Python, async": [],
    "Python, threads": [],
  };
  console.log(`\n${JOBS} jobs per round, ${inFlight} in flight, ${ROUNDS} rounds in turns`);
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    for (const name of names) {
      const one = await run(name, inFlight);
      runs[name].push(one);
      console.log(`  ${name.padEnd(16)} ${JSON.stringify(one)}`);
    }
  }
  const ratios = (name: Name, of: "jobsPerSecond" | "workerCpuUs") =>
    runs[name].map((one, at) => one[of] / (runs.TypeScript[at]?.[of] ?? Number.NaN));
  const summary = names.map((name) => ({
    name,
    jobsPerSecond: median(runs[name].map(({ jobsPerSecond }) => jobsPerSecond)),
    speedRatios: ratios(name, "jobsPerSecond").map(rounded),
    cpuRatios: ratios(name, "workerCpuUs").map(rounded),
  }));
  for (const name of names.slice(1)) {
    console.log(
      `${name}: ${ratioText(ratios(name, "jobsPerSecond"))} of TypeScript's jobs a second`,
    );
    console.log(`  ${ratioText(ratios(name, "workerCpuUs"))} of its CPU time per job`);
  }
  levels.push({ inFlight, summary, runs });
}
keep("python-worker", {
  question: "a worker in Python, compared with one in TypeScript",
  ...about,
  jobs: JOBS,
  levels,
});
