import type { LocalSystem } from "@millrace/local";
import type { Round } from "./caller.ts";
import { startChild } from "./child.ts";
import { cpuPerJob, residentBytes } from "./usage.ts";

/** How one worker did in a round of jobs that do nothing. */
export interface NoopRun {
  readonly jobsPerSecond: number;
  /** The CPU time of the worker's process for each job. */
  readonly workerCpuUs: number;
  readonly workerMiB: number;
}

export interface NoopRunParts {
  readonly system: Pick<LocalSystem, "apiKey" | "gatewayTarget">;
  /** The process of the worker, which is connected or connects now. */
  readonly workerPid: number;
  readonly jobs: number;
  readonly inFlight: number;
}

/** Runs jobs through a worker, after a fifth as many to warm up. */
export async function noopRun(parts: NoopRunParts): Promise<NoopRun> {
  const { system, workerPid, jobs, inFlight } = parts;
  await using caller = await startChild("caller.ts", {
    ...{ ADDRESS: system.gatewayTarget(), API_KEY: system.apiKey },
  });
  const round = (count: number) =>
    caller.ask({ way: "SubmitStream", jobs: count, inFlight } satisfies Round);
  await round(Math.ceil(jobs / 5));
  const startedMs = performance.now();
  const { cpu } = await cpuPerJob({ worker: workerPid }, jobs, () => round(jobs));
  const seconds = (performance.now() - startedMs) / 1_000;
  const workerMiB = Math.round((await residentBytes(workerPid)) / 2 ** 20);
  return { jobsPerSecond: Math.round(jobs / seconds), workerCpuUs: cpu.worker ?? 0, workerMiB };
}
