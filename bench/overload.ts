/**
 * What does too much work do? `node bench/overload.ts [seconds]`
 *
 * One API key submits ten times as many jobs as the workers can do, for a minute, whether or not the calls
 * before are answered. Another key's jobs, one after the other, are timed before, meanwhile and after.
 */
import { setTimeout as pause } from "node:timers/promises";
import { AdminService } from "@millrace/proto/admin-service";
import { JobService } from "@millrace/proto/job-service";
import { fromRpcStatus, grpcClient } from "@millrace/runtime";
import { systemClock as clock, parseApiKey, systemRandom as random } from "@millrace/shared";
import { startWorker } from "@millrace/worker-sdk";
import { latencyOf, latencyText } from "./parts/latency.ts";
import { payload } from "./parts/payload.ts";
import { circumstances, keep, quantile, rounded } from "./parts/report.ts";
import { startBenchSystem } from "./parts/system.ts";
import { residentBytes } from "./parts/usage.ts";

const SECONDS = Number(process.argv[2] ?? 60);
const SLOTS = 32;
const JOB_MS = 50;
/** A second. */
const CAPACITY = (SLOTS * 1_000) / JOB_MS;
const TIMES = 10;
const IN_A_CALL = 100;
const MAX_QUEUED = 10_000;
const QUIET_MS = 5_000;
const LOOK_EVERY_MS = 250;
const MIB = 2 ** 20;

await using bench = await startBenchSystem();
const { system, pids } = bench;
const about = circumstances(bench.redisVersion);
const client = (token: string) => grpcClient(JobService, system.gatewayTarget(), { token }).rpc;
const admin = grpcClient(AdminService, system.schedulers[0]?.addresses.admin ?? "").rpc;
const keyId = String(parseApiKey(system.apiKey)?.keyId);
await admin.updateApiKey({ keyId, budget: { maxQueued: MAX_QUEUED } });
const flood = client(system.apiKey);
const other = client(await system.createApiKey("other"));

const done = new Set<string>();
const worker = startWorker({
  ...{ schedulerAddress: system.workerTarget, workerId: "worker", queues: ["bench"], slots: SLOTS },
  executors: {
    async noop(attempt) {
      await pause(JOB_MS);
      if (attempt.keyId === keyId) done.add(attempt.jobId);
    },
  },
  ...{ clock, random },
});

const job = {
  queue: "bench",
  type: "noop",
  payload: { case: "payloadJson" as const, value: JSON.stringify(payload) },
};
type Phase = "before" | "meanwhile" | "after";
let phase: Phase = "before";
const probes: Record<Phase, number[]> = { before: [], meanwhile: [], after: [] };
const peak: Record<string, number> = {};
const look = async () => {
  for (const [name, pid] of Object.entries(pids)) {
    peak[name] = Math.max(peak[name] ?? 0, await residentBytes(pid));
  }
};
let over = false;
const probing = (async () => {
  while (!over) {
    const during = phase;
    const from = performance.now();
    await other.submitJob({ job, wait: { seconds: 30n } });
    probes[during].push(performance.now() - from);
    await look();
    await pause(LOOK_EVERY_MS);
  }
})();

await pause(QUIET_MS);
const atStart = Object.fromEntries(
  await Promise.all(
    Object.entries(pids).map(async ([name, pid]) => [name, await residentBytes(pid)] as const),
  ),
);
phase = "meanwhile";
const calls: number[] = [];
let accepted = 0;
let refused = 0;
let withoutDelay = 0;
let failedCalls = 0;
let underWay = 0;
let mostUnderWay = 0;
async function submit(): Promise<void> {
  underWay += 1;
  mostUnderWay = Math.max(mostUnderWay, underWay);
  const from = performance.now();
  try {
    const { results } = await flood.submitJobs({ jobs: Array(IN_A_CALL).fill(job) });
    for (const { result } of results) {
      if (result.case === "jobId") accepted += 1;
      else if (result.case === "error") {
        refused += 1;
        if ((fromRpcStatus(result.value).retryDelayMs ?? 0) <= 0) withoutDelay += 1;
      }
    }
  } catch {
    failedCalls += 1;
  } finally {
    calls.push(performance.now() - from);
    underWay -= 1;
  }
}
const startedMs = performance.now();
const everyMs = (IN_A_CALL * 1_000) / (CAPACITY * TIMES);
const all: Promise<void>[] = [];
while (performance.now() - startedMs < SECONDS * 1_000) {
  const due = Math.floor((performance.now() - startedMs) / everyMs);
  while (all.length < due) all.push(submit());
  await pause(2);
}
phase = "after";
await Promise.all(all);
const endedMs = performance.now();
while (done.size < accepted && performance.now() - endedMs < 120_000) await pause(100);
const drained = (performance.now() - endedMs) / 1_000;
await pause(QUIET_MS);
over = true;
await probing;
await worker.drain(1_000);
const lost = accepted - done.size;

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
  question: "ten times as many jobs as can be done",
  ...about,
  ...{ seconds: SECONDS, capacityASecond: CAPACITY, offered: all.length * IN_A_CALL, accepted },
  ...{
    refused,
    withoutDelay,
    failedCalls,
    lost,
    mostUnderWay,
    drainedAfterSeconds: rounded(drained),
  },
  callMs: { p50: rounded(quantile(calls, 0.5)), p99: rounded(quantile(calls, 0.99)) },
  ...{ otherKeysJobMs: latency, memory: grown },
};
console.log(
  `${result.offered} jobs in ${SECONDS} s, ${CAPACITY} a second can be done: ${accepted} accepted, ${refused} refused ` +
    `(${withoutDelay} without saying when to come back), ${failedCalls} calls failed, ${lost} jobs lost`,
);
console.log(`a call of ${IN_A_CALL}: p50 ${result.callMs.p50} ms, p99 ${result.callMs.p99} ms`);
for (const [when, of] of Object.entries(latency)) {
  console.log(`another key's job, ${when}: ${latencyText(of)}`);
}
console.log(`all that was accepted is done ${result.drainedAfterSeconds} s after`);
for (const [name, { atStartMib, mostMib }] of Object.entries(grown)) {
  console.log(`${name}: ${atStartMib} MiB before, ${mostMib} MiB at most`);
}
keep("overload", result);
