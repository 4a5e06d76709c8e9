/**
 * What do watchers cost? `node bench/watchers.ts`
 *
 * - memory: callers that watch a job with 8 MiB of output and read none of it. Measures how much more memory
 *   gateway and scheduler hold for each.
 * - slowdown: a thousand watches of jobs that wait. Measures how they change the speed of other jobs and the cost
 *   of those jobs in gateway and scheduler, in turns with no watches.
 */
import "./parts/arguments.ts";
import { JobService, type WatchJobResponse } from "@millrace/proto/job-service";
import { grpcClient } from "@millrace/runtime";
import { systemClock as clock, limits, systemRandom as random } from "@millrace/shared";
import { startWorker } from "@millrace/worker-sdk";
import type { Round, RoundOutcome } from "./parts/caller.ts";
import { startChild } from "./parts/child.ts";
import { isStuck, stuckText } from "./parts/progress.ts";
import { circumstances, keep, ratioText, rounded } from "./parts/report.ts";
import { startBenchSystem } from "./parts/system.ts";
import { cpuPerJob, residentBytes } from "./parts/usage.ts";

const UNREAD = 200;
const OPEN = 1_000;
/** A connection accepts a thousand calls at the same time. */
const WATCHES_PER_CHANNEL = 250;
const ROUNDS = 6;
const JOBS = 20_000;
const MIB = 2 ** 20;

await using bench = await startBenchSystem();
const { system, pids } = bench;
const about = circumstances(bench.redisVersion);
const channel = () => grpcClient(JobService, system.gatewayTarget(), { token: system.apiKey });
const { rpc } = channel();

const services = { gateway: pids.gateway ?? 0, scheduler: pids.scheduler ?? 0 };
const memory = async () => ({
  gateway: await residentBytes(services.gateway),
  scheduler: await residentBytes(services.scheduler),
});

const watches: AsyncIterator<WatchJobResponse>[] = [];
/** Opens watches. Resolves when the first message of each has arrived. Nothing is read after that. */
async function open(jobIds: readonly string[]): Promise<void> {
  for (let from = 0; from < jobIds.length; from += WATCHES_PER_CHANNEL) {
    const client = channel();
    await Promise.all(
      jobIds.slice(from, from + WATCHES_PER_CHANNEL).map(async (jobId) => {
        const events = client.rpc.watchJob({ jobId })[Symbol.asyncIterator]();
        await events.next();
        watches.push(events);
      }),
    );
  }
}
async function closeAll(): Promise<void> {
  await Promise.all(watches.splice(0).map((events) => events.return?.()));
}

async function submit(count: number, type: string, later: boolean): Promise<string[]> {
  const runAt = { seconds: BigInt(Math.ceil(clock.nowMs() / 1_000) + 3_600), nanos: 0 };
  const jobs = Array.from({ length: count }, () => {
    return { queue: "bench", type, ...(later ? { runAt } : {}) };
  });
  const { results } = await rpc.submitJobs({ jobs });
  return results.map(({ result }) => {
    if (result.case !== "jobId") throw new Error(`refused: ${result.value?.message}`);
    return result.value;
  });
}

async function unreadMemory() {
  const piece = "x".repeat(64 * 1024 - 64);
  const worker = startWorker({
    ...{ address: system.workerTarget, workerId: "writer", queues: ["bench"], slots: 1 },
    executors: {
      async write({ write }) {
        for (let bytes = 0; bytes + 2 * piece.length < limits.outputBytes; bytes += piece.length) {
          await write(piece);
        }
      },
    },
    ...{ clock, random },
  });
  const [jobId = ""] = await submit(1, "write", false);
  for await (const { event } of rpc.watchJob({ jobId })) {
    if (event.case === "job" && event.value.finishTime !== undefined) break;
  }
  await worker.drain(1_000);
  // The memory for the first watchers stays: it is the fixed price of having watchers.
  await open(Array.from({ length: 20 }, () => jobId));
  const before = await memory();
  await open(Array.from({ length: UNREAD }, () => jobId));
  // Waits until everything that is sent to watchers that do not read is on its way.
  let after = await memory();
  for (let steady = 0; steady < 5; ) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const now = await memory();
    steady =
      Math.abs(now.gateway + now.scheduler - after.gateway - after.scheduler) < MIB
        ? steady + 1
        : 0;
    after = now;
  }
  await closeAll();
  const each = (name: keyof typeof services) =>
    rounded((after[name] - before[name]) / UNREAD / MIB);
  return { unread: UNREAD, mibEach: { gateway: each("gateway"), scheduler: each("scheduler") } };
}

async function slowdown() {
  await using worker = await startChild("noop-worker.ts", {
    ADDRESS: system.workerTarget,
    SLOTS: "512",
  });
  await using caller = await startChild("caller.ts", {
    ADDRESS: system.gatewayTarget(),
    API_KEY: system.apiKey,
  });
  void worker;
  const round = async (jobs: number) => {
    const ask: Round = { way: "SubmitStream", jobs, inFlight: 512 };
    const all = () => caller.ask<RoundOutcome>(ask);
    const { result, cpu } = await cpuPerJob(services, jobs, all);
    if (isStuck(result)) console.log(`  ${stuckText(result)}`);
    const cpuUs = (Object.values(cpu).reduce((sum, us) => sum + us, 0) * jobs) / result.done;
    return { perSecond: result.done / result.seconds, cpuUs };
  };
  const waiting = await submit(OPEN, "noop", true);
  await round(JOBS / 4);
  const speed: number[] = [];
  const cpu: number[] = [];
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    const run = async (withWatches: boolean) => {
      if (withWatches) await open(waiting);
      const measured = await round(JOBS);
      if (withWatches) await closeAll();
      return measured;
    };
    // The order changes with each turn, so that warm-up and wear affect both.
    const first = await run(turn % 2 === 1);
    const second = await run(turn % 2 === 0);
    const [none, watched] = turn % 2 === 1 ? [second, first] : [first, second];
    speed.push(watched.perSecond / none.perSecond);
    cpu.push(watched.cpuUs / none.cpuUs);
    console.log(
      `  ${turn + 1}  ${none.perSecond.toFixed(0)} jobs/s and ${none.cpuUs.toFixed(0)} us per job, ` +
        `with watches ${watched.perSecond.toFixed(0)} and ${watched.cpuUs.toFixed(0)}`,
    );
  }
  return { open: OPEN, jobsEach: JOBS, speed: speed.map(rounded), cpu: cpu.map(rounded) };
}

const unread = await unreadMemory();
const { gateway, scheduler } = unread.mibEach;
console.log(
  `${UNREAD} watchers that read none of 8 MiB: ${gateway} MiB each in the gateway, ${scheduler} MiB in the scheduler`,
);
console.log(`\n${OPEN} open watches, ${JOBS} jobs per round`);
const slow = await slowdown();
console.log(
  `with watches: speed ${ratioText(slow.speed)}, CPU a job ${ratioText(slow.cpu)} of without`,
);
keep("watchers", { question: "what watchers cost", ...about, unread, slowdown: slow });
