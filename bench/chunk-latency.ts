/**
 * How soon does a caller see what a worker writes? `node bench/chunk-latency.ts [chunks]`
 *
 * Measures from `write` in the executor until the caller has the text, through scheduler, Redis, scheduler and
 * gateway. Worker and caller share this process and therefore its clock. It runs once with one job that writes,
 * and once with fifty jobs, each of which writes about every 50 ms, as fifty streaming model calls would.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { connectMillrace } from "@millrace/client";
import { systemClock as clock, systemRandom as random } from "@millrace/shared";
import { startWorker } from "@millrace/worker-sdk";
import { numberArgument } from "./parts/arguments.ts";
import { latencyOf, latencyText } from "./parts/latency.ts";
import { circumstances, keep } from "./parts/report.ts";
import { startBenchSystem } from "./parts/system.ts";

const CHUNKS = numberArgument(0, 500);
const MANY = 50;

await using bench = await startBenchSystem();
const { system } = bench;
const about = circumstances(bench.redisVersion);

interface Stream {
  readonly chunks: number;
  readonly pauseMs: number;
}
const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey: system.apiKey });
const worker = startWorker({
  ...{ address: system.workerTarget, workerId: "bench", queues: ["bench"], slots: MANY },
  executors: {
    async stream({ payload, write }) {
      const { chunks, pauseMs } = payload as Stream;
      for (let chunk = 0; chunk < chunks; chunk += 1) {
        await sleep(pauseMs * (0.5 + random.next()));
        await write(`${performance.now()} `);
      }
    },
  },
  ...{ clock, random },
});

/** Returns how old each chunk is when it is seen. Chunks that were written together count separately. */
async function follow(stream: Stream): Promise<number[]> {
  const { jobId } = await millrace.submit({ queue: "bench", type: "stream", payload: stream });
  const ages: number[] = [];
  for await (const { text } of millrace.text(jobId)) {
    const nowMs = performance.now();
    for (const written of text.split(" ")) if (written !== "") ages.push(nowMs - Number(written));
  }
  return ages;
}

await follow({ chunks: 50, pauseMs: 5 });
const one = latencyOf(await follow({ chunks: CHUNKS, pauseMs: 20 }));
console.log(`From write to seen, one job, ${CHUNKS} chunks\n  ${latencyText(one)}`);
const each = { chunks: Math.ceil(CHUNKS / 5), pauseMs: 50 };
const many = latencyOf(
  (await Promise.all(Array.from({ length: MANY }, () => follow(each)))).flat(),
);
console.log(`${MANY} jobs at the same time, ${each.chunks} chunks each\n  ${latencyText(many)}`);
keep("chunk-latency", { question: "from a worker's write to the caller", ...about, one, many });
await Promise.all([worker.drain(1_000), millrace.close()]);
