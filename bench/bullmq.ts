/**
 * What do groups cost on plain BullMQ? `node bench/bullmq.ts [rounds] [jobs] [add | addBulk | worker | open]`
 *
 * Compares @millrace/bullmq with BullMQ's own backend, in one process and on one Redis. In each round, each takes its turn
 * with the same number of jobs, in changing order. Ratios compare turns of one round; above 1 is faster than BullMQ.
 *
 * - add, one by one: each `add` waits for the one before
 * - add, 64 in flight
 * - addBulk of 100, four in flight
 * - worker: a Worker of concurrency 50 that does nothing
 * - open: how long the event loop is blocked while a Queue opens its connection
 *
 * Time in Redis and in Node is processor time per job, so it is comparable on a busy machine too.
 *
 * The contenders: jobs without a group, jobs of 100 groups, and jobs of 100 groups with a limit of concurrency.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { fairBackend, groupsOf } from "@millrace/bullmq";
import { redisForTests } from "@millrace/testing";
import {
  type BackendFactory,
  createRedisBackend,
  Queue,
  type RedisQueueBackend,
  Worker,
} from "bullmq";
import { Redis } from "ioredis";
import { argumentsFrom, numberArgument } from "./parts/arguments.ts";
import { payload } from "./parts/payload.ts";
import { circumstances, keep, median, ratioText, rounded } from "./parts/report.ts";

const ROUNDS = numberArgument(0, 12);
const JOBS = numberArgument(1, 2_000);
const chosen = argumentsFrom(2);
const GROUPS = 100;
const IN_FLIGHT = 64;
const CONCURRENCY = 50;

const { url, rootPrefix: prefix } = await redisForTests();
const { hostname: host, port } = new URL(url);
const connection = { host, port: Number(port) };
const redis = new Redis(url);
const [, version = ""] = /redis_version:(\S+)/.exec(await redis.info("server")) ?? [];
const about = circumstances(version);

const contenders = ["BullMQ", "no groups", "100 groups", "100 groups, limited"] as const;
type Contender = (typeof contenders)[number];

const backendOf = (name: Contender): BackendFactory<RedisQueueBackend> =>
  name === "BullMQ" ? createRedisBackend : fairBackend();
const queueName = (name: Contender) => name.replaceAll(/\W+/g, "-");

async function open(name: Contender) {
  const options = { connection, prefix, defaultJobOptions: { removeOnComplete: true } };
  const queue = new Queue(queueName(name), options, backendOf(name));
  await queue.waitUntilReady();
  if (name === "100 groups, limited") await groupsOf(queue).setDefaults({ concurrency: 10 });
  return queue;
}

const queues = new Map<
  Contender,
  Queue<unknown, unknown, string, unknown, unknown, string, RedisQueueBackend>
>();
for (const name of contenders) queues.set(name, (await open(name)) as never);
const queueOf = (name: Contender) => queues.get(name) as Queue;

const optionsOf = (name: Contender, at: number) =>
  name.startsWith("100") ? { group: `customer-${at % GROUPS}` } : {};

async function inFlight(count: number, jobs: number, one: (at: number) => Promise<unknown>) {
  let next = 0;
  const run = async () => {
    while (next < jobs) await one(next++);
  };
  await Promise.all(Array.from({ length: count }, run));
}

const add =
  (count: number, share = 1) =>
  async (name: Contender) => {
    const queue = queueOf(name);
    const jobs = JOBS * share;
    return measured(jobs, () =>
      inFlight(count, jobs, (at) => queue.add("noop", payload, optionsOf(name, at))),
    );
  };

async function addBulk(name: Contender) {
  const queue = queueOf(name);
  const bulk = (first: number) =>
    Array.from({ length: 100 }, (_, at) => ({
      ...{ name: "noop", data: payload },
      opts: optionsOf(name, first + at),
    }));
  return measured(JOBS, () => inFlight(4, JOBS / 100, (at) => queue.addBulk(bulk(at * 100))));
}

async function work(name: Contender) {
  let left = JOBS;
  const done = Promise.withResolvers<void>();
  await addBulk(name);
  const worker = new Worker(
    queueName(name),
    async () => {
      left -= 1;
      if (left === 0) done.resolve();
    },
    { connection, prefix, concurrency: CONCURRENCY, autorun: false },
    backendOf(name),
  );
  await worker.waitUntilReady();
  const result = await measured(JOBS, async () => {
    void worker.run();
    await done.promise;
  });
  await worker.close();
  return result;
}

async function measured(jobs: number, run: () => Promise<unknown>) {
  const redisBeforeUs = await redisCpuUs();
  const before = process.cpuUsage();
  const beganMs = performance.now();
  await run();
  const perSecond = (jobs / (performance.now() - beganMs)) * 1_000;
  const { user, system } = process.cpuUsage(before);
  return {
    perSecond,
    redisUs: ((await redisCpuUs()) - redisBeforeUs) / jobs,
    nodeUs: (user + system) / jobs,
  };
}

/** The processor time of the server so far. */
async function redisCpuUs(): Promise<number> {
  const times = (await redis.info("cpu")).matchAll(/used_cpu_(?:user|sys):([\d.]+)/g);
  return [...times].reduce((sum, [, seconds]) => sum + Number(seconds) * 1e6, 0);
}

const parts = {
  "add, one by one": add(1, 0.25),
  "add, 64 in flight": add(IN_FLIGHT),
  "addBulk of 100": addBulk,
  worker: work,
};

const result: Record<string, unknown> = { about };
for (const [part, measure] of Object.entries(parts)) {
  if (chosen.length === 0 || chosen.includes(part.split(/\W/)[0] ?? ""))
    await compare(part, measure);
}
if (chosen.length === 0 || chosen.includes("open")) await measureOpening();

await Promise.all([...queues.values()].map((queue) => queue.close()));
redis.disconnect();
keep(["bullmq", ...chosen].join("-"), result);

async function compare(part: string, measure: (name: Contender) => ReturnType<typeof measured>) {
  const taken = new Map<Contender, Awaited<ReturnType<typeof measured>>[]>();
  for (const name of contenders) taken.set(name, []);
  for (let round = -1; round < ROUNDS; round += 1) {
    for (let turn = 0; turn < contenders.length; turn += 1) {
      const name = contenders[(turn + round + 1) % contenders.length] as Contender;
      const value = await measure(name);
      // The first round warms up.
      if (round >= 0) taken.get(name)?.push(value);
      await queueOf(name).drain();
    }
  }
  console.log(`\n${part}`);
  const base = taken.get("BullMQ") ?? [];
  result[part] = contenders.map((name) => {
    const own = taken.get(name) ?? [];
    const ratios = own.map(({ perSecond }, at) => perSecond / (base[at]?.perSecond ?? Number.NaN));
    const row = {
      name,
      jobsPerSecond: Math.round(median(own.map(({ perSecond }) => perSecond))),
      redisUsPerJob: rounded(median(own.map(({ redisUs }) => redisUs))),
      nodeUsPerJob: rounded(median(own.map(({ nodeUs }) => nodeUs))),
      ratio: rounded(median(ratios)),
      ratios: ratios.map(rounded),
    };
    console.log(
      `${name.padEnd(22)} ${row.jobsPerSecond} jobs/s, ${row.redisUsPerJob} us of Redis, ` +
        `${row.nodeUsPerJob} us of Node  ${ratioText(ratios)}`,
    );
    return row;
  });
}

async function measureOpening() {
  console.log("\nopen");
  const blocked = { BullMQ: [] as number[], "no groups": [] as number[] };
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const name of ["BullMQ", "no groups"] as const) {
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      const queue = await open(name);
      delay.disable();
      if (round >= 0) blocked[name].push(delay.max / 1e6);
      await queue.close();
    }
  }
  result.open = Object.entries(blocked).map(([name, times]) => {
    console.log(`${name.padEnd(22)} ${rounded(median(times))} ms`);
    return { name, blockedMs: rounded(median(times)) };
  });
}
