/**
 * What happens with too much work? `node bench/overload.ts [seconds] [workers|machine]`
 *
 * One API key submits ten times as many jobs as can be done, for a minute, without waiting for answers. The jobs
 * of another key, one after another, are timed before, during and after that.
 *
 * - workers: the workers are slow: 32 jobs at the same time, of 50 ms each
 * - machine: jobs do nothing, and the capacity is measured first: all processes share two cores
 */

import { setTimeout as pause } from "node:timers/promises";
import { AdminService } from "@millrace/proto/admin-service";
import { JobService } from "@millrace/proto/job-service";
import { grpcClient } from "@millrace/runtime";
import { parseApiKey } from "@millrace/shared";
import { argumentsFrom, numberArgument } from "./parts/arguments.ts";
import type { Round } from "./parts/caller.ts";
import { startChild } from "./parts/child.ts";
import type { Flood, Flooded } from "./parts/flood.ts";
import { latencyOf, latencyText } from "./parts/latency.ts";
import { payload } from "./parts/payload.ts";
import { circumstances, keep, rounded } from "./parts/report.ts";
import { startBenchSystem } from "./parts/system.ts";
import { residentBytes } from "./parts/usage.ts";

const SECONDS = numberArgument(0, 60);
const SLOW = (argumentsFrom(1)[0] ?? "workers") === "workers";
const SLOTS = SLOW ? 32 : 512;
const JOB_MS = SLOW ? 50 : 0;
const TIMES = 10;
const MAX_QUEUED = 10_000;
const QUIET_MS = 5_000;
const LOOK_EVERY_MS = 250;
const DRAIN_MS = 120_000;
const MIB = 2 ** 20;

await using bench = await startBenchSystem();
const { system } = bench;
const about = circumstances(bench.redisVersion);
const admin = grpcClient(AdminService, system.schedulers[0]?.addresses.admin ?? "").rpc;
const keyId = String(parseApiKey(system.apiKey)?.keyId);
await admin.updateApiKey({ keyId, budget: { maxQueued: MAX_QUEUED } });
const otherKey = await system.createApiKey("other");
const other = grpcClient(JobService, system.gatewayTarget(), { token: otherKey }).rpc;

const ofFlood = { ADDRESS: system.gatewayTarget(), API_KEY: system.apiKey };
await using worker = await startChild("noop-worker.ts", {
  ...{ ADDRESS: system.workerTarget, SLOTS: String(SLOTS), JOB_MS: String(JOB_MS) },
});
await using flood = await startChild("flood.ts", ofFlood);
const pids = { ...bench.pids, worker: worker.pid, flood: flood.pid };

/** Measures how many jobs can be done in a second. */
async function measureCapacity(): Promise<number> {
  if (SLOW) return (SLOTS * 1_000) / JOB_MS;
  await using caller = await startChild("caller.ts", ofFlood);
  const round = (jobs: number): Round => ({ way: "SubmitStream", jobs, inFlight: SLOTS });
  await caller.ask(round(10_000));
  const { seconds } = await caller.ask<{ seconds: number }>(round(50_000));
  return Math.round(50_000 / seconds);
}
const capacity = await measureCapacity();
console.log(`${capacity} jobs per second can be done`);

const job = {
  queue: "bench",
  type: "noop",
  payload: { case: "payloadJson" as const, value: JSON.stringify(payload) },
};
type Phase = "before" | "meanwhile" | "after";
let phase: Phase = "before";
const probes: Record<Phase, number[]> = { before: [], meanwhile: [], after: [] };
const failedProbes: Record<Phase, number> = { before: 0, meanwhile: 0, after: 0 };
const look = async () =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(pids).map(async ([name, pid]) => [name, await residentBytes(pid)] as const),
    ),
  );
const peak: Record<string, number> = {};
let over = false;
const probing = (async () => {
  while (!over) {
    const during = phase;
    const from = performance.now();
    try {
      await other.submitJob({ job, wait: { seconds: 30n } });
      probes[during].push(performance.now() - from);
    } catch {
      failedProbes[during] += 1;
    }
    for (const [name, bytes] of Object.entries(await look())) {
      peak[name] = Math.max(peak[name] ?? 0, bytes);
    }
    await pause(LOOK_EVERY_MS);
  }
})();

await pause(QUIET_MS);
const atStart = await look();
phase = "meanwhile";
const message: Flood = { jobsPerSecond: capacity * TIMES, seconds: SECONDS };
const flooded = await flood.ask<Flooded>(message);
phase = "after";

const endedMs = performance.now();
const counts = async () => (await admin.listQueues({})).queues[0]?.stats;
/** Counts the jobs of both keys that wait or run. */
const left = async () => {
  const stats = await counts();
  return Number(stats?.queued ?? 0) + Number(stats?.running ?? 0);
};
const sinceEnd = () => performance.now() - endedMs;
// One job may be left: the other key's.
while ((await left()) > 1 && sinceEnd() < DRAIN_MS) await pause(100);
const drained = sinceEnd() / 1_000;
await pause(QUIET_MS);
over = true;
await probing;

const latency = {
  before: latencyOf(probes.before),
  meanwhile: latencyOf(probes.meanwhile),
  after: latencyOf(probes.after),
};
const grown = Object.fromEntries(
  Object.entries(peak).map(([name, bytes]) => [
    name,
    { atStartMib: rounded((atStart[name] ?? 0) / MIB), mostMib: rounded(bytes / MIB) },
  ]),
);
const result = {
  question: `ten times as many jobs as ${SLOW ? "the workers" : "the machine"} can do`,
  ...about,
  ...{ seconds: SECONDS, capacityASecond: capacity, ...flooded },
  ...{ drainedAfterSeconds: rounded(drained), otherKeysJobMs: latency, failedProbes },
  ...{ left: await left(), failed: Number((await counts())?.failed ?? 0), memory: grown },
};
const failed = Object.entries(flooded.failedCalls).map(([code, calls]) => `${calls} with ${code}`);
console.log(
  `${flooded.offered} jobs in ${SECONDS} s: ${flooded.accepted} accepted, ${flooded.refused} refused ` +
    `(${flooded.withoutDelay} without a retry delay), calls failed: ${failed.join(", ") || "none"}`,
);
console.log(
  `a call of 100: ${JSON.stringify(flooded.callMs)}, at most ${flooded.mostUnderWay} under way`,
);
for (const [when, measured] of Object.entries(latency)) {
  console.log(`another key's job, ${when}: ${latencyText(measured)}`);
}
console.log(`failed jobs of the other key: ${JSON.stringify(failedProbes)}`);
console.log(
  `none of its jobs waits or runs ${rounded(drained)} s later; ${result.left} jobs are left, and ${result.failed} have failed`,
);
for (const [name, { atStartMib, mostMib }] of Object.entries(grown)) {
  console.log(`${name}: ${atStartMib} MiB before, ${mostMib} MiB at most`);
}
keep(SLOW ? "overload" : "overload-machine", result);
