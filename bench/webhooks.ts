/**
 * How soon and how fast does Millrace deliver webhooks? `node bench/webhooks.ts [jobs]`
 *
 * - **latency**: from the return of a job's executor to the arrival of the event's request at its receiver, one job at a time.
 *   Executor and receiver share this process and therefore its clock.
 * - **rate**: deliveries a second through one courier while many wait, of 16 keys with an endpoint each. The first tenth, with which
 *   the courier warms up, does not count.
 * - **neighbours**: the latency of one key's events while another key's only endpoint never answers, against that while it answers.
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
import { profiled } from "./parts/child.ts";
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
    scheduler: {
      MILLRACE_WEBHOOK_KEY: randomBytes(32).toString("base64"),
      ...profiled("scheduler"),
    },
    worker: { MILLRACE_QUEUES: WEBHOOK_QUEUE, ...profiled("courier") },
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

/** The latency of the first key's events while another key with this endpoint has 20 jobs a second. */
async function latenciesBeside(endpoint: string): Promise<number[]> {
  const other = await callerWith(endpoint);
  const stop = new AbortController();
  const working = (async () => {
    while (!stop.signal.aborted) {
      await other.submit({ queue: "bench", type: "noop" });
      await sleep(50);
    }
  })();
  await sleep(2_000);
  const taken = await latencies(first, 2 * JOBS);
  stop.abort();
  await working;
  await other.close();
  return taken;
}
const healthy = latencyOf(await latenciesBeside(url));
console.log(`latency beside a healthy endpoint: ${latencyText(healthy)}`);
const beside = latencyOf(await latenciesBeside(deadUrl));
const ratio = rounded(beside.p99 / healthy.p99);
console.log(`latency beside a dead endpoint: ${latencyText(beside)} (p99 x${ratio})`);

// The courier is away until all events wait, so that nothing but deliveries is measured.
const [courier] = system.workers;
if (courier === undefined) throw new Error("the system has no courier");
await courier.stop();
const each = Math.ceil((40 * JOBS) / KEYS);
const sent = each * KEYS;
const before = { ended: ended.size, received };
await Promise.all(
  callers.map(async (millrace) => {
    for (let n = 0; n < each; n += 100) {
      const jobs = Array.from({ length: Math.min(100, each - n) }, () => ({
        ...{ queue: "bench", type: "noop" },
      }));
      await millrace.submitMany(jobs);
    }
  }),
);
while (ended.size - before.ended < sent) await sleep(50);
await courier.restart();
while (received - before.received < Math.ceil(sent / 10)) await sleep(5);
const begin = { ms: performance.now(), received };
while (received - before.received < sent) await sleep(5);
const delivered = received - begin.received;
const rate = Math.round(delivered / ((performance.now() - begin.ms) / 1_000));
console.log(`rate of ${delivered} deliveries that had waited: ${rate} a second`);

keep("webhooks", {
  ...about,
  jobs: JOBS,
  keys: KEYS,
  alone,
  healthy,
  beside,
  p99Ratio: ratio,
  sent,
  rate,
});
await worker.drain(0);
await Promise.all(callers.map((millrace) => millrace.close()));
receiver.closeAllConnections();
dead.closeAllConnections();
receiver.close();
dead.close();
await system.stop();
await redis.stop();
