/**
 * How soon and how fast does Millrace deliver webhooks? `node bench/webhooks.ts [jobs]`
 *
 * - **latency**: from the return of a job's executor to the arrival of the event's request at its receiver, one job at a time.
 *   Executor and receiver share this process and therefore its clock.
 * - **rate**: deliveries a second through one courier while many wait, of 16 keys with an endpoint each.
 * - **neighbours**: the latency of one key's events while another key's only endpoint never answers, against that without.
 */

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connectMillrace, type Millrace } from "@millrace/client";
import { startRedis, startSystem } from "@millrace/local";
import { systemClock as clock, systemRandom as random, WEBHOOK_QUEUE } from "@millrace/shared";
import { startWorker } from "@millrace/worker-sdk";
import { numberArgument } from "./parts/arguments.ts";
import { latencyOf, latencyText } from "./parts/latency.ts";
import { circumstances, keep, rounded } from "./parts/report.ts";

const JOBS = numberArgument(0, 300);
const KEYS = 16;

const redis = await startRedis();
const destinations = { MILLRACE_WEBHOOK_ALLOWED_DESTINATIONS: "http://127.0.0.1" };
await using system = await startSystem({
  ...{ redis, queues: [{ name: "bench", maxDepthPerKey: 1_000_000 }] },
  settings: {
    all: destinations,
    scheduler: { MILLRACE_WEBHOOK_KEY: randomBytes(32).toString("base64") },
    worker: { MILLRACE_QUEUES: WEBHOOK_QUEUE },
  },
});
const about = circumstances("see the other results");

/** When the executor of each job returned, and when its event arrived. */
const ended = new Map<string, number>();
const arrivals = new Map<string, PromiseWithResolvers<number>>();
const arrivalOf = (jobId: string) => {
  const known = arrivals.get(jobId) ?? Promise.withResolvers<number>();
  arrivals.set(jobId, known);
  return known;
};
let received = 0;
const receiver = createServer(async (request, response) => {
  const atMs = performance.now();
  received += 1;
  const body = Buffer.concat(await request.toArray()).toString();
  response.writeHead(204).end();
  const { data } = JSON.parse(body) as { data: { id: string } };
  arrivalOf(data.id).resolve(atMs);
});
receiver.keepAliveTimeout = 60_000;
/** It takes connections and requests, and never answers. */
const dead = createServer(() => undefined);
const urlOf = async (server: typeof receiver) => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
};
const [url, deadUrl] = [await urlOf(receiver), await urlOf(dead)];

const worker = startWorker({
  ...{ address: system.workerTarget, workerId: "bench", queues: ["bench"], slots: 64 },
  ...{ clock, random },
  executors: {
    noop: async ({ jobId }) => {
      ended.set(jobId, performance.now());
      return null;
    },
  },
});

async function callerWith(endpoint: string): Promise<Millrace> {
  const apiKey = await system.createApiKey("bench");
  const millrace = connectMillrace({ address: system.gatewayTarget(), apiKey });
  await millrace.webhooks.create({ url: endpoint, eventTypes: ["job.succeeded"] });
  return millrace;
}

/** Runs one job, and resolves with the time from its end to the arrival of its event, in milliseconds. */
async function oneEvent(millrace: Millrace): Promise<number> {
  const { jobId } = await millrace.submit({ queue: "bench", type: "noop" });
  const arrived = await arrivalOf(jobId).promise;
  return arrived - (ended.get(jobId) ?? Number.NaN);
}

async function latencies(millrace: Millrace, jobs: number): Promise<number[]> {
  const taken: number[] = [];
  for (let n = 0; n < jobs; n += 1) {
    await sleep(10 + 20 * random.next());
    taken.push(await oneEvent(millrace));
  }
  return taken;
}

const callers = await Promise.all(Array.from({ length: KEYS }, () => callerWith(url)));
const [first] = callers as [Millrace];
await latencies(first, 30);
const alone = latencyOf(await latencies(first, JOBS));
console.log(`latency without load: ${latencyText(alone)}`);

const other = await callerWith(deadUrl);
const stop = new AbortController();
const troubling = (async () => {
  while (!stop.signal.aborted) {
    await other.submit({ queue: "bench", type: "noop" });
    await sleep(50);
  }
})();
await sleep(2_000);
const beside = latencyOf(await latencies(first, JOBS));
stop.abort();
await troubling;
const ratio = rounded(beside.p99 / alone.p99);
console.log(`latency beside a dead endpoint: ${latencyText(beside)} (p99 x${ratio})`);

const before = received;
const wanted = 40 * JOBS;
const beganMs = performance.now();
await Promise.all(
  callers.map(async (millrace) => {
    const count = Math.ceil(wanted / KEYS / 100);
    for (let n = 0; n < count; n += 1) {
      const jobs = Array.from({ length: 100 }, () => ({ queue: "bench", type: "noop" }));
      await Promise.all(jobs.map((job) => millrace.submit(job)));
    }
  }),
);
const sent = KEYS * Math.ceil(wanted / KEYS / 100) * 100;
while (received - before < sent) await sleep(10);
const rate = Math.round(sent / ((performance.now() - beganMs) / 1_000));
console.log(`rate, from the first submission to the last delivery: ${rate} deliveries a second`);

keep("webhooks", { ...about, jobs: JOBS, keys: KEYS, alone, beside, p99Ratio: ratio, sent, rate });
await worker.drain(0);
await Promise.all([...callers, other].map((millrace) => millrace.close()));
receiver.closeAllConnections();
dead.closeAllConnections();
receiver.close();
dead.close();
await system.stop();
await redis.stop();
