/**
 * How soon does a job start when there is nothing else to do? `node bench/idle-latency.ts [jobs]`
 *
 * Measures from the call of `submit` to the first line of the executor. Caller and worker share this process and
 * therefore its clock. Gateway, scheduler and Redis are separate processes. One job runs at a time, 10 to 30 ms
 * after the end of the one before. Bare BullMQ (`Queue.add` to the processor) takes turns with Millrace, in the
 * same way.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { connectMillrace } from "@millrace/client";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { startWorker } from "@millrace/worker-sdk";
import { Queue, Worker } from "bullmq";
import { numberArgument } from "./parts/arguments.ts";
import { latencyOf, latencyText } from "./parts/latency.ts";
import { payload, result } from "./parts/payload.ts";
import { circumstances, keep } from "./parts/report.ts";
import { startBenchSystem } from "./parts/system.ts";

const JOBS = numberArgument(0, 500);
const TURN = 50;

await using bench = await startBenchSystem();
const { system } = bench;
const about = circumstances(bench.redisVersion);

let started = (_: number) => {};
const startOfNext = () =>
  new Promise<number>((resolve) => {
    started = resolve;
  });
const run = async () => {
  started(performance.now());
  return result;
};

const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
const worker = startWorker({
  ...{ address: system.workerTarget, workerId: "bench", queues: ["bench"], slots: 8 },
  ...{ executors: { noop: run }, clock, random },
});
const connection = { url: system.redis.url };
const queue = new Queue("bare", { connection });
const bullWorker = new Worker("bare", run, { connection, concurrency: 8 });
await Promise.all([queue.waitUntilReady(), bullWorker.waitUntilReady()]);

const contenders = {
  millrace: () => millrace.submit({ queue: "bench", type: "noop", payload }),
  bullmq: () => queue.add("noop", payload),
};
const times: Record<keyof typeof contenders, number[]> = { millrace: [], bullmq: [] };

async function measure(name: keyof typeof contenders, jobs: number): Promise<number[]> {
  const taken: number[] = [];
  for (let job = 0; job < jobs; job += 1) {
    await sleep(10 + 20 * random.next());
    const start = startOfNext();
    const beganMs = performance.now();
    const submitted = contenders[name]();
    taken.push((await start) - beganMs);
    await submitted;
  }
  return taken;
}

for (const name of ["millrace", "bullmq"] as const) await measure(name, TURN);
for (let done = 0; done < JOBS; done += TURN) {
  for (const name of ["millrace", "bullmq"] as const) {
    times[name].push(...(await measure(name, Math.min(TURN, JOBS - done))));
  }
}
const latency = { millrace: latencyOf(times.millrace), bullmq: latencyOf(times.bullmq) };
console.log(`From submit to start, ${JOBS} jobs one after another`);
for (const [name, values] of Object.entries(latency)) {
  console.log(`  ${name.padEnd(10)} ${latencyText(values)}`);
}
keep("idle-latency", { question: "from submit to start, idle", ...about, jobs: JOBS, latency });
await Promise.all([worker.drain(1_000), millrace.close(), bullWorker.close(), queue.close()]);
