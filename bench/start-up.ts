/**
 * How long does a service take to be ready? `node bench/start-up.ts [rounds]`
 *
 * Measures from the start of the process until it reports that it is ready, and its CPU time until then. Redis
 * and the services that it needs run already.
 */

import { freePort, type ServiceName, startService } from "@millrace/local";
import { numberArgument } from "./parts/arguments.ts";
import { latencyOf, latencyText } from "./parts/latency.ts";
import { circumstances, keep, median } from "./parts/report.ts";
import { startBenchSystem } from "./parts/system.ts";
import { cpuUs, residentBytes } from "./parts/usage.ts";

const ROUNDS = numberArgument(0, 20);

await using bench = await startBenchSystem();
const { system } = bench;
const about = circumstances(bench.redisVersion);

const ports = async (...names: readonly string[]) =>
  Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, String(await freePort())] as const)),
  );
const settings: Record<ServiceName, () => Promise<Record<string, string>>> = {
  scheduler: async () => ({
    MILLRACE_REDIS_URL: system.redis.url,
    ...(await ports("MILLRACE_SCHEDULER_PORT", "MILLRACE_WORKER_PORT")),
    ...(await ports("MILLRACE_ADMIN_PORT", "MILLRACE_ADMIN_HTTP_PORT")),
  }),
  gateway: async () => ({
    MILLRACE_SCHEDULER_ADDRESS: system.schedulerTarget,
    MILLRACE_DOCUMENTS_DIR: system.documents,
    ...(await ports("MILLRACE_GATEWAY_PORT", "MILLRACE_HTTP_PORT")),
  }),
  worker: async () => ({
    MILLRACE_SCHEDULER_ADDRESS: system.workerTarget,
    MILLRACE_DOCUMENTS_DIR: system.documents,
    MILLRACE_QUEUES: "bench",
  }),
};
const names = Object.keys(settings) as ServiceName[];

async function start(name: ServiceName) {
  const own = { MILLRACE_METRICS_PORT: "0", ...(await settings[name]()) };
  const startedMs = performance.now();
  await using service = await startService(name, { settings: own });
  const readyMs = performance.now() - startedMs;
  return {
    readyMs,
    cpuMs: ((await cpuUs(service.pid)) ?? Number.NaN) / 1_000,
    residentMiB: (await residentBytes(service.pid)) / 2 ** 20,
  };
}

const starts: Record<string, Awaited<ReturnType<typeof start>>[]> = {};
for (const name of names) await start(name);
for (let round = 0; round < ROUNDS; round += 1) {
  for (const name of names) {
    starts[name] ??= [];
    starts[name].push(await start(name));
  }
}
const results = names.map((name) => ({
  name,
  ready: latencyOf((starts[name] ?? []).map(({ readyMs }) => readyMs)),
  cpuMs: Math.round(median((starts[name] ?? []).map(({ cpuMs }) => cpuMs))),
  residentMiB: Math.round(median((starts[name] ?? []).map(({ residentMiB }) => residentMiB))),
}));
console.log(`From the start of a process to ready, ${ROUNDS} times`);
for (const { name, ready, cpuMs, residentMiB } of results) {
  console.log(
    `  ${name.padEnd(10)} ${latencyText(ready)}; CPU ${cpuMs} ms; ${residentMiB} MiB resident`,
  );
}
keep("start-up", {
  question: "from a service's start to ready",
  ...about,
  rounds: ROUNDS,
  results,
});
