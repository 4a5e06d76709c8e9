/**
 * What does the stream thread of a worker cost? `node bench/stream-thread.ts [jobs] [rounds]`
 *
 * Runs the same worker with and without the thread, in turns on one system. Ratios compare runs of the same
 * round. First come jobs that do nothing, 64 and 512 in flight: jobs per second, and CPU time and memory of the
 * worker. Then come chunks that fifty jobs write in this process: the time from `write` until the caller has the
 * text.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { connectMillrace } from "@millrace/client";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { startWorker } from "@millrace/worker-sdk";
import { numberArgument } from "./parts/arguments.ts";
import { startChild } from "./parts/child.ts";
import { type Latency, latencyOf, latencyText } from "./parts/latency.ts";
import { type NoopRun, noopRun } from "./parts/noop-run.ts";
import { circumstances, keep, median, ratioText, rounded } from "./parts/report.ts";
import { startBenchSystem } from "./parts/system.ts";

const JOBS = numberArgument(0, 20_000);
const ROUNDS = numberArgument(1, 4);
const WRITERS = 50;
const CHUNKS = 60;

await using bench = await startBenchSystem();
const { system } = bench;
const about = circumstances(bench.redisVersion);

async function noops(streamThread: boolean, inFlight: number): Promise<NoopRun> {
  await using worker = await startChild("noop-worker.ts", {
    ...{ ADDRESS: system.workerTarget, SLOTS: String(inFlight) },
    STREAM_THREAD: String(streamThread),
  });
  return await noopRun({ system, workerPid: worker.pid, jobs: JOBS, inFlight });
}

const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });

async function chunks(streamThread: boolean): Promise<Latency> {
  const worker = startWorker({
    ...{ address: system.workerTarget, workerId: "bench", queues: ["bench"] },
    ...{ slots: WRITERS, streamThread, clock, random },
    executors: {
      async stream({ write }) {
        for (let chunk = 0; chunk < CHUNKS; chunk += 1) {
          await sleep(50 * (0.5 + random.next()));
          await write(`${performance.now()} `);
        }
      },
    },
  });
  const follow = async () => {
    const { jobId } = await millrace.submit({ queue: "bench", type: "stream", payload: {} });
    const ages: number[] = [];
    for await (const { text } of millrace.text(jobId)) {
      const nowMs = performance.now();
      for (const stamp of text.split(" ")) if (stamp !== "") ages.push(nowMs - Number(stamp));
    }
    return ages;
  };
  const ages = await Promise.all(Array.from({ length: WRITERS }, follow));
  await worker.drain(1_000);
  return latencyOf(ages.flat());
}

const levels = [];
for (const inFlight of [64, 512]) {
  console.log(`\n${JOBS} jobs per round, ${inFlight} in flight, ${ROUNDS} rounds in turns`);
  const runs: { readonly off: NoopRun; readonly on: NoopRun }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const off = await noops(false, inFlight);
    const on = await noops(true, inFlight);
    runs.push({ off, on });
    console.log(`  ${round + 1} without ${JSON.stringify(off)}  with ${JSON.stringify(on)}`);
  }
  const ratios = (figure: keyof NoopRun) =>
    runs.map(({ on, off }) => rounded(on[figure] / off[figure]));
  console.log(`  jobs per second: ${ratioText(ratios("jobsPerSecond"))}`);
  console.log(`  CPU of the worker: ${ratioText(ratios("workerCpuUs"))}`);
  const moreMiB = median(runs.map(({ on, off }) => on.workerMiB - off.workerMiB));
  console.log(`  memory of the worker: ${moreMiB} MiB more`);
  levels.push({ inFlight, runs, moreMiB });
}

console.log(`\n${WRITERS} jobs that write ${CHUNKS} chunks each, from write to seen`);
const latencies: { readonly off: Latency; readonly on: Latency }[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const off = await chunks(false);
  const on = await chunks(true);
  latencies.push({ off, on });
  console.log(`  ${round + 1} without ${latencyText(off)}\n    with    ${latencyText(on)}`);
}
console.log(`  p50: ${ratioText(latencies.map(({ on, off }) => on.p50 / off.p50))}`);
keep("stream-thread", {
  question: "what the stream thread of a worker costs",
  ...{ ...about, jobs: JOBS, levels, latencies },
});
await millrace.close();
