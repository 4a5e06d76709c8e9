/**
 * What do calls of OpenAI's API cost that go through Millrace? `node bench/openai.ts [calls] [streams]`
 *
 * The same calls go to a provider, which is a process of its own, directly and through a gateway and a worker, in turns:
 *
 * - from the call until its first token, one call after another
 * - from the provider's write of a chunk until the caller has it, one stream with a chunk every 20 ms
 * - many streams at the same time, each with a chunk every second: the age of chunks, and the memory of the services
 *
 * Caller, provider, Redis and services share the cores of the machine. All times are of a clock that they share, too.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { startSystem } from "@millrace/local";
import { Redis } from "ioredis";
import { numberArgument } from "./parts/arguments.ts";
import { profiled, startChild } from "./parts/child.ts";
import { latencyOf, latencyText } from "./parts/latency.ts";
import { type OpenAiServer, readStream } from "./parts/openai-caller.ts";
import { circumstances, keep, median, rounded } from "./parts/report.ts";
import { cpuPerJob, cpuUs, residentBytes } from "./parts/usage.ts";

const CALLS = numberArgument(0, 500);
const STREAMS = numberArgument(1, 1_000);
const WARM_UP = 30;
/** Streams open within this time, and then all of them are open for as long. */
const RAMP_MS = 10_000;
const CHUNKS_AT_ONCE = 21;
const AIMS = { firstP50: 8, firstP99: 30, relayP50: 3, memoryGiB: 1 };

await using provider = await startChild("openai-provider.ts", {});
const { url } = await provider.ask<{ readonly url: string }>({});
await using system = await startSystem({
  settings: {
    scheduler: profiled("scheduler"),
    gateway: profiled("gateway"),
    worker: {
      ...{ ...profiled("worker"), MILLRACE_PROVIDER: "openai", MILLRACE_MODEL: "bench" },
      ...{ OPENAI_BASE_URL: url, OPENAI_API_KEY: "none", MILLRACE_SLOTS: String(STREAMS + 50) },
    },
  },
});
const client = new Redis(system.redis.url);
const about = circumstances(/redis_version:(\S+)/.exec(await client.info("server"))?.[1] ?? "");
client.disconnect();

const direct: OpenAiServer = { baseUrl: url, apiKey: "none" };
const through: OpenAiServer = { baseUrl: `${system.httpUrl}/v1`, apiKey: system.apiKey };
const pids = {
  gateway: system.gateways[0]?.pid ?? 0,
  scheduler: system.schedulers[0]?.pid ?? 0,
  worker: system.workers[0]?.pid ?? 0,
  redis: system.redis.pid,
};

/** Makes the same calls of both, in turns, and returns the times of each. */
async function inTurns<T>(count: number, call: (server: OpenAiServer) => Promise<T>) {
  const times = { direct: [] as T[], through: [] as T[] };
  for (let at = 0; at < count; at += 1) {
    times.direct.push(await call(direct));
    times.through.push(await call(through));
  }
  return times;
}

/** What Millrace adds: each time through it, without the usual time of a direct one. */
function added({ direct, through }: { direct: readonly number[]; through: readonly number[] }) {
  const usual = median(direct);
  return {
    ...{ direct: latencyOf(direct), through: latencyOf(through) },
    added: latencyOf(through.map((ms) => ms - usual)),
  };
}

const first = (server: OpenAiServer) => readStream(server, { chunks: 1, pauseMs: 1_000 });
await inTurns(WARM_UP, first);
const { result: firsts, cpu: cpuUsPerCall } = await cpuPerJob(pids, CALLS, () =>
  inTurns(CALLS, first),
);
const firstToken = added({
  direct: firsts.direct.map(({ firstMs }) => firstMs),
  through: firsts.through.map(({ firstMs }) => firstMs),
});
console.log(
  `To the first token, ${CALLS} calls: aim p50 ${AIMS.firstP50}, p99 ${AIMS.firstP99} ms`,
);
for (const [name, latency] of Object.entries(firstToken))
  console.log(`  ${name.padEnd(8)} ${latencyText(latency)}`);

console.log(`  CPU of a call, in us: ${JSON.stringify(cpuUsPerCall)}`);

const long = { chunks: 100, pauseMs: 20 };
const { result: streams, cpu: cpuUsPerChunk } = await cpuPerJob(pids, 10 * long.chunks, () =>
  inTurns(10, (server) => readStream(server, long)),
);
// The first chunk waits for its job, which the first measurement has.
const agesOf = (all: typeof streams.direct) => all.flatMap(({ agesMs }) => agesMs.slice(1));
const relay = added({ direct: agesOf(streams.direct), through: agesOf(streams.through) });
console.log(`From the provider's write to the caller: aim p50 ${AIMS.relayP50} ms`);
for (const [name, latency] of Object.entries(relay))
  console.log(`  ${name.padEnd(8)} ${latencyText(latency)}`);

console.log(`  CPU of a chunk, in us: ${JSON.stringify(cpuUsPerChunk)}`);

/** Many streams at once, the memory of the services while they are open, and the cores that everything takes. */
async function atOnce(server: OpenAiServer) {
  const most: Record<string, number> = {};
  const look = async () => {
    for (const [name, pid] of Object.entries(pids)) {
      most[name] = Math.max(most[name] ?? 0, await residentBytes(pid));
    }
  };
  const cpu = async () =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(pids).map(async ([name, pid]) => [name, (await cpuUs(pid)) ?? 0] as const),
      ),
    );
  const timer = setInterval(() => void look(), 1_000);
  const [before, startedMs] = [await cpu(), performance.now()];
  const asked = { chunks: CHUNKS_AT_ONCE, pauseMs: 1_000 };
  const all = await Promise.allSettled(
    Array.from({ length: STREAMS }, async (_, at) => {
      await sleep((at / STREAMS) * RAMP_MS);
      return readStream(server, asked);
    }),
  );
  const seconds = (performance.now() - startedMs) / 1_000;
  clearInterval(timer);
  const after = await cpu();
  const ended = all.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const failed = all.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []));
  const coresOf = (name: string) => ((after[name] ?? 0) - (before[name] ?? 0)) / 1e6 / seconds;
  return {
    ...{ streams: STREAMS, chunksEach: asked.chunks, complete: ended.length },
    ...(failed.length === 0 ? {} : { firstFailure: failed[0] }),
    seconds: rounded(seconds),
    firstToken: latencyOf(ended.map(({ firstMs }) => firstMs)),
    chunkAge: latencyOf(ended.flatMap(({ agesMs }) => agesMs.slice(1))),
    memoryMiB: Object.fromEntries(
      Object.entries(most).map(([name, bytes]) => [name, Math.round(bytes / 2 ** 20)]),
    ),
    cores: Object.fromEntries(Object.keys(pids).map((name) => [name, rounded(coresOf(name))])),
  };
}

const many = { direct: await atOnce(direct), through: await atOnce(through) };
const sum = Object.values(many.through.memoryMiB).reduce((total, one) => total + one, 0);
console.log(`${STREAMS} streams at once, ${CHUNKS_AT_ONCE} chunks each: aim ${AIMS.memoryGiB} GiB`);
for (const [name, { complete, firstToken: token, chunkAge }] of Object.entries(many)) {
  console.log(`  ${name.padEnd(8)} ${complete} complete; first token ${latencyText(token)}`);
  console.log(`  ${"".padEnd(8)} age of chunks ${latencyText(chunkAge)}`);
}
console.log(`  memory ${sum} MiB: ${JSON.stringify(many.through.memoryMiB)}`);
console.log(`  cores ${JSON.stringify(many.through.cores)}`);
keep("openai", {
  question: "what calls of OpenAI's API cost that go through Millrace",
  ...{
    about,
    aims: AIMS,
    calls: CALLS,
    firstToken,
    cpuUsPerCall,
    relay,
    cpuUsPerChunk,
    many,
    memoryMiB: sum,
  },
});
await system.stop();
