/**
 * What grows with the number of keys, queues and schedulers? `node bench/grows.ts [keys] [queues] [schedulers] [seconds]`
 *
 * Every key has a budget. First nothing happens: the figures are the CPU time of each scheduler and of Redis, and the commands
 * that Redis runs. Then a worker works off a backlog in one queue, while budgets change: the figure is the longest time in which
 * it got no job, of which there were always enough. At last single calls of operators are timed, and one submission of 1,000 jobs:
 * how long Redis was occupied at a time. Schedulers, worker and Redis are processes of their own.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { openEngine } from "@millrace/engine";
import { startRedis, startSystem } from "@millrace/local";
import {
  defaultBackoff,
  type KeyId,
  newJobId,
  type QueueName,
  systemClock,
  systemRandom,
} from "@millrace/shared";
import { Redis } from "ioredis";
import { numberArgument } from "./parts/arguments.ts";
import { profiled, startChild } from "./parts/child.ts";
import { circumstances, keep, median, rounded } from "./parts/report.ts";
import { cpuPerJob } from "./parts/usage.ts";

const KEYS = numberArgument(0, 50_000);
const QUEUES = numberArgument(1, 100);
const SCHEDULERS = numberArgument(2, 4);
const SECONDS = numberArgument(3, 20);
const SETTLE_MS = 40_000;
const BACKLOG = 500 * SECONDS;
const TIMED_CALLS = 15;

await using redis = await startRedis();
const client = new Redis(redis.url);
const clock = systemClock;
const engine = await openEngine({ redis: { url: redis.url }, clock, random: systemRandom });
const keyOf = (at: number) => `key${String(at).padStart(6, "0")}` as KeyId;
console.log(`${KEYS} keys with budgets, ${QUEUES} queues, ${SCHEDULERS} schedulers`);

const secretHash = new Uint8Array(32);
for (let from = 0; from < KEYS; from += 500) {
  const some = Array.from({ length: Math.min(500, KEYS - from) }, (_, at) => keyOf(from + at));
  await Promise.all(
    some.map(async (keyId) => {
      const name = `bench ${keyId}`;
      await engine.apiKeys.put({ keyId, name, secretHash: Buffer.from(secretHash), createdMs: 0 });
      await engine.keyBudgets.set(keyId, { tokensPerMinute: 1e9, maxRunning: 1_000 });
    }),
  );
}
const names = Array.from({ length: QUEUES - 1 }, (_, at) => `queue${at}` as QueueName);
for (const name of names) await engine.defineQueue({ name });

const queues = [{ name: "bench", maxDepthPerKey: 10_000_000 }];
await using system = await startSystem({
  ...{ redis, schedulers: SCHEDULERS, workers: 0, queues },
  settings: { scheduler: profiled("scheduler") },
});
const about = circumstances(/redis_version:(\S+)/.exec(await client.info("server"))?.[1] ?? "");
const schedulers = system.schedulers.map(({ pid }, at) => [`scheduler ${at + 1}`, pid] as const);
const pids = { ...Object.fromEntries(schedulers), redis: redis.pid };

await sleep(SETTLE_MS);
const commands = async () =>
  Number(/total_commands_processed:(\d+)/.exec(await client.info("stats"))?.[1]);
const before = await commands();
const idle = await cpuPerJob(pids, SECONDS, () => sleep(SECONDS * 1_000));
const idleCommands = Math.round(((await commands()) - before) / SECONDS);
const percents = Object.entries(idle.cpu).map(([name, us]) => [name, rounded(us / 10_000)]);
console.log(`idle, % of a core: ${percents.map(([name, share]) => `${name} ${share}`).join(", ")}`);
console.log(`idle, commands of Redis a second: ${idleCommands}`);

const jobsOf = (count: number) =>
  Array.from({ length: count }, () => ({
    id: newJobId("bench" as QueueName, keyOf(0), clock.nowMs(), systemRandom),
    ...{ type: "noop", payloadJson: "{}", priority: 50, maxAttempts: 3, backoff: defaultBackoff },
    ...{ labels: {}, submittedAtMs: clock.nowMs() },
  }));
for (let made = 0; made < BACKLOG; made += 1_000) await engine.submit(jobsOf(1_000));
await using worker = await startChild("noop-worker.ts", {
  ...{ ADDRESS: system.workerTarget, SLOTS: "2", JOB_MS: "4" },
});
await sleep(1_000);
await worker.ask({});
for (let at = 0; at < SECONDS; at += 1) {
  await engine.keyBudgets.set(keyOf(1 + at), { tokensPerMinute: 1e9, maxRunning: 2_000 + at });
  await sleep(1_000);
}
const { longestGapMs } = await worker.ask<{ longestGapMs: number }>({});
const left = (await engine.stats("bench" as QueueName)).queued;
console.log(`longest time without a job: ${rounded(longestGapMs)} ms (${left} jobs left)`);

const timed = async (call: () => Promise<unknown>) => {
  const times: number[] = [];
  for (let at = 0; at < TIMED_CALLS; at += 1) {
    const beganMs = performance.now();
    await call();
    times.push(performance.now() - beganMs);
  }
  return rounded(median(times));
};
const calls = {
  "a change of a budget": await timed(() =>
    engine.keyBudgets.set(keyOf(0), { maxRunning: 1_000 + Math.floor(Math.random() * 1_000) }),
  ),
  "a change of a queue": await timed(() =>
    engine.defineQueue({ name: "queue0" as QueueName, maxStalls: 3 }),
  ),
};
await client.config("SET", "slowlog-log-slower-than", "0");
await client.config("SET", "slowlog-max-len", "1000");
const held: number[] = [];
for (let at = 0; at < TIMED_CALLS; at += 1) {
  await client.slowlog("RESET");
  await engine.submit(jobsOf(1_000));
  const entries = (await client.slowlog("GET", 1_000)) as [number, number, number][];
  held.push(Math.max(...entries.map(([, , us]) => us)) / 1_000);
}
for (const [name, ms] of Object.entries(calls)) console.log(`${name}: ${ms} ms`);
const heldMs = rounded(median(held));
console.log(`1,000 jobs submitted in one call occupy Redis ${heldMs} ms at a time`);

keep("grows", {
  question: "what grows with the number of keys, queues and schedulers",
  ...{ ...about, keys: KEYS, queues: QUEUES, schedulers: SCHEDULERS, seconds: SECONDS },
  ...{ idlePercent: Object.fromEntries(percents), idleCommands, longestGapMs, calls, heldMs },
});
client.disconnect();
await system.stop();
await engine.close();
