/**
 * What does the engine cost? `node bench/engine.ts [life] [waiting] [keys]`
 *
 * - life: submit + lease + settle for each job, compared with bare BullMQ's add + Worker, in turns
 * - waiting: a lease of 32 with 1,000, 100,000 and 1,000,000 jobs waiting
 * - keys: a lease of 32 with 1 and 10,000 API keys
 *
 * It uses its own Redis without persistence. Ratios compare runs of the same invocation. Times are Redis's own
 * (INFO commandstats: time in scripts; INFO cpu: all CPU time, including sockets).
 */

import { type Engine, openEngine } from "@millrace/engine";
import { startRedis } from "@millrace/local";
import {
  defaultBackoff,
  type KeyId,
  newJobId,
  type QueueName,
  systemClock,
  systemRandom,
} from "@millrace/shared";
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { argumentsFrom } from "./parts/arguments.ts";
import { circumstances, keep, median, rounded } from "./parts/report.ts";

const PAYLOAD = JSON.stringify({
  document: "doc_01JDXW5T5Q6M3C9N2V8K4H7R1B",
  note: "x".repeat(150),
});
const ROUNDS = 3;
const LIFE_JOBS = 20_000;

const chosen = argumentsFrom(0);
const asked = (part: string) => chosen.length === 0 || chosen.includes(part);

await using server = await startRedis();
const redis = new Redis(server.url);
const engine = await openEngine({
  redis: { url: server.url, commandTimeoutMs: 60_000 },
  clock: systemClock,
  random: systemRandom,
});
const version = /redis_version:(\S+)/.exec(await redis.info("server"))?.[1] ?? "unknown";
const about = circumstances(version);
console.log(`Redis ${version}, Node ${process.version}`);

if (asked("life")) {
  keep("engine-life", { question: "a job's life in the engine", ...about, costs: await life() });
}
if (asked("waiting")) {
  keep("engine-waiting", {
    question: "a lease, by how many jobs wait",
    ...about,
    leases: await waiting(),
  });
}
if (asked("keys")) {
  keep("engine-keys", { question: "a lease, by API keys", ...about, leases: await keys() });
}
await engine.close();
redis.disconnect();

interface Cost {
  readonly jobsPerSecond: number;
  readonly scriptUs: number;
  readonly redisUs: number;
  readonly nodeUs: number;
}

async function life(): Promise<Record<string, Cost>> {
  console.log(`\nOne job's life, ${LIFE_JOBS} jobs per round, median of ${ROUNDS} rounds in turns`);
  const contenders: Record<string, () => Promise<Cost>> = {
    "bare BullMQ: add, 64 in flight + Worker, concurrency 50": bareBullMq,
    ...Object.fromEntries(
      [1, 8, 32, 128].map((batch) => [`Millrace, batches of ${batch}`, () => millrace(batch)]),
    ),
  };
  const costs = new Map<string, Cost[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, run] of Object.entries(contenders)) {
      await redis.flushall();
      costs.set(name, [...(costs.get(name) ?? []), await run()]);
    }
  }
  let base: Cost | undefined;
  const medians: Record<string, Cost> = {};
  for (const [name, runs] of costs) {
    const cost: Cost = {
      jobsPerSecond: Math.round(median(runs.map((run) => run.jobsPerSecond))),
      scriptUs: rounded(median(runs.map((run) => run.scriptUs))),
      redisUs: rounded(median(runs.map((run) => run.redisUs))),
      nodeUs: rounded(median(runs.map((run) => run.nodeUs))),
    };
    base ??= cost;
    medians[name] = cost;
    console.log(
      `${name.padEnd(56)} ${cost.jobsPerSecond.toFixed(0).padStart(7)} jobs/s  ` +
        `x${(cost.jobsPerSecond / base.jobsPerSecond).toFixed(2)}   per job: scripts ` +
        `${cost.scriptUs.toFixed(1)} us, Redis CPU ${cost.redisUs.toFixed(1)} us, ` +
        `Node CPU ${cost.nodeUs.toFixed(1)} us`,
    );
  }
  return medians;
}

async function measured(jobs: number, work: () => Promise<void>): Promise<Cost> {
  await redis.config("RESETSTAT");
  const cpuBefore = await redisCpuUs();
  const nodeBefore = process.cpuUsage();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1_000;
  const node = process.cpuUsage(nodeBefore);
  return {
    jobsPerSecond: jobs / seconds,
    scriptUs: (await scriptUs()) / jobs,
    redisUs: ((await redisCpuUs()) - cpuBefore) / jobs,
    nodeUs: (node.user + node.system) / jobs,
  };
}

async function bareBullMq(): Promise<Cost> {
  const connection = { url: server.url };
  const queue = new Queue("bare", { connection });
  let done = 0;
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const worker = new Worker("bare", async () => ({ ok: true }), { connection, concurrency: 50 });
  worker.on("completed", () => {
    done += 1;
    if (done === LIFE_JOBS) finish();
  });
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
  const data = JSON.parse(PAYLOAD);
  const cost = await measured(LIFE_JOBS, async () => {
    let added = 0;
    const add = async () => {
      while (added < LIFE_JOBS) {
        added += 1;
        await queue.add("summarize", data, { attempts: 5 });
      }
    };
    await Promise.all(Array.from({ length: 64 }, add));
    await finished;
  });
  await worker.close();
  await queue.close();
  return cost;
}

/** Submitters and workers run at the same time, with 64 jobs in flight on each side, as above. */
async function millrace(batch: number): Promise<Cost> {
  const queue = "bench" as QueueName;
  await engine.defineQueue({ name: queue });
  const inFlight = Math.max(2, Math.floor(64 / batch));
  return measured(LIFE_JOBS, async () => {
    let submitted = 0;
    let settled = 0;
    const submitter = async () => {
      while (submitted < LIFE_JOBS) {
        const count = Math.min(batch, LIFE_JOBS - submitted);
        submitted += count;
        await engine.submit(Array.from({ length: count }, (_, i) => newJob(queue, i % 10)));
      }
    };
    const worker = async () => {
      while (settled < LIFE_JOBS) {
        const { leases } = await take(engine, queue, batch);
        if (leases.length === 0) {
          await new Promise((resolve) => setImmediate(resolve));
          continue;
        }
        await engine.settle(
          leases.map((lease) => ({ ...lease, kind: "complete", resultJson: '{"ok":true}' })),
        );
        settled += leases.length;
      }
    };
    await Promise.all([
      ...Array.from({ length: inFlight }, submitter),
      ...Array.from({ length: inFlight }, worker),
    ]);
  });
}

async function waiting(): Promise<Record<string, LeaseCost>> {
  console.log("\nA lease of 32, by jobs waiting (one key; the number of jobs stays the same)");
  await redis.flushall();
  const sizes = [1_000, 100_000, 1_000_000];
  const queues = sizes.map((size) => ({ name: `waiting-${size}` as QueueName, size, keys: 1 }));
  return await compareLeases(queues, (queue) => `${queue.size} waiting`);
}

async function keys(): Promise<Record<string, LeaseCost>> {
  console.log("\nA lease of 32, by API keys (200,000 jobs waiting; their number stays the same)");
  await redis.flushall();
  const counts = [1, 100, 10_000, 100_000];
  const queues = counts.map((count) => ({
    name: `keys-${count}` as QueueName,
    size: 200_000,
    keys: count,
  }));
  return await compareLeases(queues, (queue) => `${queue.keys} keys`);
}

interface LeaseCost {
  readonly usPerJob: number;
  readonly ratioToFirst: number;
}

interface LeaseQueue {
  readonly name: QueueName;
  readonly size: number;
  readonly keys: number;
}

async function compareLeases(
  queues: readonly LeaseQueue[],
  label: (queue: LeaseQueue) => string,
): Promise<Record<string, LeaseCost>> {
  for (const queue of queues) {
    await engine.defineQueue({ name: queue.name });
    await fill(queue, queue.size);
  }
  const times = new Map(queues.map((queue) => [queue, [] as number[]]));
  for (let round = 0; round < 300; round += 1) {
    for (const queue of queues) {
      await redis.config("RESETSTAT");
      const { leases } = await take(engine, queue.name, 32);
      times.get(queue)?.push((await scriptUs()) / leases.length);
      await engine.settle(
        leases.map((lease) => ({ ...lease, kind: "complete", resultJson: "{}" })),
      );
      await fill(queue, leases.length);
    }
  }
  const [first] = queues;
  const base = first === undefined ? 1 : median(times.get(first) ?? []);
  const costs: Record<string, LeaseCost> = {};
  for (const queue of queues) {
    const us = median(times.get(queue) ?? []);
    costs[label(queue)] = { usPerJob: rounded(us), ratioToFirst: rounded(us / base) };
    console.log(
      `${label(queue).padEnd(20)} ${us.toFixed(2)} us per job  x${(us / base).toFixed(2)}`,
    );
  }
  const memory = /used_memory_human:(\S+)/.exec(await redis.info("memory"))?.[1];
  console.log(`Redis holds ${memory}`);
  return costs;
}

async function fill(queue: LeaseQueue, count: number): Promise<void> {
  for (let from = 0; from < count; from += 4_096) {
    await engine.submit(
      Array.from({ length: Math.min(4_096, count - from) }, (_, i) =>
        newJob(queue.name, (from + i) % queue.keys),
      ),
    );
  }
}

function take(from: Engine, queue: QueueName, count: number) {
  return from.lease({ queue, count, leaseMs: 30_000, workerId: "bench" });
}

function newJob(queue: QueueName, key: number) {
  const nowMs = systemClock.nowMs();
  return {
    id: newJobId(queue, `key${String(key).padStart(7, "0")}` as KeyId, nowMs, systemRandom),
    type: "summarize",
    payloadJson: PAYLOAD,
    priority: 50,
    maxAttempts: 5,
    backoff: defaultBackoff,
    labels: {},
    submittedAtMs: nowMs,
  };
}

async function scriptUs(): Promise<number> {
  const info = await redis.info("commandstats");
  return ["evalsha", "eval", "bzpopmin"].reduce((sum, command) => {
    const usec = new RegExp(`cmdstat_${command}:calls=\\d+,usec=(\\d+)`).exec(info)?.[1];
    return sum + Number(usec ?? 0);
  }, 0);
}

async function redisCpuUs(): Promise<number> {
  const info = await redis.info("cpu");
  const seconds = (field: string) => Number(new RegExp(`${field}:([\\d.]+)`).exec(info)?.[1] ?? 0);
  return (seconds("used_cpu_user") + seconds("used_cpu_sys")) * 1e6;
}
