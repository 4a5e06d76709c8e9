/**
 * Do budgets hold, and are they used? `node bench/budgets.ts [minutes] [queues] [speed]`
 *
 * 100 keys have a budget of tokens per minute, and estimates that are wrong by up to half. Their jobs wait in several queues (4).
 * Four processes have an engine each, which leases from all queues. One of them is killed with everything that it holds, and
 * another replaces it. Workers die with their jobs too. Time runs some times as fast (4), the same for all processes: at a higher
 * speed the machine cannot keep up. From the leases that the processes got,
 * the benchmark computes the fullest 60 s of any key, and how much of the budgets was spent. At the end it runs
 * the audit and counts what is still reserved.
 */

import type { KeyId, QueueName } from "@millrace/shared";
import { numberArgument } from "./parts/arguments.ts";
import { startChild } from "./parts/child.ts";
import { fill, keyId, startEngine } from "./parts/engine.ts";
import { circumstances, keep, rounded } from "./parts/report.ts";

const MINUTES = numberArgument(0, 10);
const QUEUES = numberArgument(1, 4);
const SPEED = numberArgument(2, 4);
const KEYS = 100;
const LIMIT = 40_000;
const MINUTE_MS = 60_000;
const queues = Array.from({ length: QUEUES }, (_, at) => `budgets${at}` as QueueName);
const startMs = Date.now();
const nowMs = () => Math.round(startMs + (Date.now() - startMs) * SPEED);

type Row = readonly [key: string, atMs: number, reserved: number, spent: number];

await using bench = await startEngine({
  nowMs,
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs / SPEED);
    return { cancel: () => clearTimeout(timer) };
  },
});
const { engine, url, version } = bench;
for (const name of queues) await engine.defineQueue({ name, maxStalls: 100 });
for (let key = 0; key < KEYS; key += 1) {
  await engine.keyBudgets.set(keyId(key), { tokensPerMinute: LIMIT, maxRunning: 1_000 });
}
const average = 2_000;
// Each queue could use the budgets alone.
const jobs = Math.ceil((KEYS * LIMIT * (MINUTES + 2)) / average);
for (const name of queues) {
  await fill(engine, name, jobs, (index) => keyId(index % KEYS), {
    tokensOf: () => Math.round(average * (0.5 + Math.random())),
  });
}
console.log(
  `${jobs} jobs of ${KEYS} keys in each of ${QUEUES} queues, ${LIMIT} tokens per minute for each key; ${MINUTES} minutes at ${SPEED} times the speed`,
);

const settings = {
  ...{ BENCH_REDIS_URL: url, BENCH_SPEED: String(SPEED), BENCH_START_MS: String(startMs) },
  BENCH_QUEUES: queues.join(","),
};
const start = () => startChild("budget-worker.ts", settings);
const children = await Promise.all([start(), start(), start(), start()]);
const beganMs = nowMs();
const rows: Row[] = [];
const gather = async (message: object) => {
  for (const child of children) rows.push(...(await child.ask<{ rows: Row[] }>(message)).rows);
};
const killAtMs = beganMs + (MINUTES * MINUTE_MS) / 2;
let killed = 0;
while (nowMs() - beganMs < MINUTES * MINUTE_MS) {
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await gather({});
  if (killed === 0 && nowMs() > killAtMs) {
    const victim = children.shift();
    if (victim !== undefined) process.kill(victim.pid, "SIGKILL");
    children.push(await start());
    killed += 1;
  }
  process.stderr.write(
    `\r${((nowMs() - beganMs) / MINUTE_MS).toFixed(1)} minutes, ${rows.length} jobs`,
  );
}
const endedMs = nowMs();
await gather({ stop: true });
process.stderr.write("\n");
await new Promise((resolve) => setTimeout(resolve, 1_500));
await gather({ stop: true });
await Promise.all(children.map((child) => child[Symbol.asyncDispose]()));

const byKey = Map.groupBy(rows, ([key]) => key);
let fullest = 0;
let spentInAll = 0;
const fromMs = beganMs + MINUTE_MS;
for (const own of byKey.values()) {
  const admitted = own.toSorted((a, b) => a[1] - b[1]);
  let first = 0;
  let window = 0;
  for (const [, atMs, reserved, spent] of admitted) {
    // Tokens that were given back no longer count. Tokens beyond the estimate are a debt that counts later.
    window += spent < 0 ? reserved : Math.min(reserved, spent);
    while ((admitted[first]?.[1] ?? atMs) <= atMs - MINUTE_MS) {
      const [, , before, beforeSpent] = admitted[first] ?? ["", 0, 0, 0];
      window -= beforeSpent < 0 ? before : Math.min(before, beforeSpent);
      first += 1;
    }
    fullest = Math.max(fullest, window);
  }
  for (const [, atMs, reserved, spent] of admitted) {
    if (atMs >= fromMs && atMs < endedMs) spentInAll += spent < 0 ? reserved : spent;
  }
}
const utilisation = spentInAll / (KEYS * LIMIT * ((endedMs - fromMs) / MINUTE_MS));

// At rest, the leases of dead workers expire. Jobs that still wait need nothing, so they stay.
const restMs = nowMs();
while (nowMs() - restMs < 60_000) {
  for (const name of queues) await engine.reap(name, 1_000);
  await new Promise((resolve) => setTimeout(resolve, 100));
}
const findings = await engine.audit();
let running = 0;
for (const name of queues) running += (await engine.stats(name)).running;
const ofKeys = Array.from({ length: KEYS }, (_, key) => keyId(key) satisfies KeyId);
const uses = [...(await engine.keyBudgets.use(ofKeys)).values()].flat();
const outstanding = uses
  .flatMap(({ limits }) => limits.filter(({ kind }) => kind === "KEY_CONCURRENCY"))
  .reduce((sum, { used }) => sum + used, 0);
console.log(
  `${rows.length} jobs; fullest 60 s of any key: ${fullest} of ${LIMIT} tokens (${((100 * fullest) / LIMIT).toFixed(1)} %, aim: at most 100 %)\n` +
    `spent: ${(100 * utilisation).toFixed(1)} % of the budgets (aim: at least 95 %)\n` +
    `at rest: ${running} running, ${outstanding} reserved, ${findings.length} findings of the audit (aim: 0, 0, 0)`,
);
for (const finding of findings.slice(0, 10)) console.log(finding);
keep("budgets", {
  about: circumstances(version),
  ...{
    minutes: MINUTES,
    queues: QUEUES,
    speed: SPEED,
    keys: KEYS,
    tokensPerMinute: LIMIT,
    jobs: rows.length,
    processesKilled: killed,
  },
  ...{ fullestWindow: fullest, utilisation: rounded(utilisation), running, outstanding, findings },
});
