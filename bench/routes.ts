/**
 * What does it cost Redis to choose routes? `node bench/routes.ts [rounds]`
 *
 * A lease of 32 jobs of 10,000 keys, which name one of 20 models. Each model has routes on three of five accounts. It is
 * compared with the same jobs that name one account as their pool, in turns:
 *
 * - each key uses one model, and each key uses all of them
 * - the first account of every fifth model has no room, so that its jobs take their second route
 *
 * Then all accounts are without quota, and jobs of all models wait: what do leases cost Redis in a second, if they come whenever
 * the engine says that one may be worth while?
 *
 * Measures CPU time of Redis's main thread (INFO cpu) per job: other programs on the machine disturb it less than the time in
 * scripts. Ratios compare the means of ten turns of eight leases.
 */
import type { Lease } from "@millrace/engine";
import { type QueueName, sleep } from "@millrace/shared";
import { numberArgument } from "./parts/arguments.ts";
import { fill, finishRehash, keyId, newJob, startEngine } from "./parts/engine.ts";
import { circumstances, keep, median, ratioText, rounded } from "./parts/report.ts";

const ROUNDS = numberArgument(0, 100);
const TURNS = 10;
const BATCH = 32;
/** Leases in a row: schedulers lease all the time, so that what they ask of accounts serves several leases. */
const CALLS = 8;
const CLOSED_MS = 5_000;
const [KEYS, MODELS, ACCOUNTS, ROUTES] = [10_000, 20, 5, 3];

await using bench = await startEngine();
const { engine, redis, version } = bench;
const about = circumstances(version);

const accountAt = (index: number) => `account-${index % ACCOUNTS}`;
const modelAt = (index: number) => `model-${index % MODELS}`;
const names = Array.from({ length: ACCOUNTS }, (_, index) => accountAt(index));
// No limit is ever reached, but each attempt is counted.
const limits = { requestsPerMinute: 100_000_000, tokensPerMinute: 100_000_000_000 };
for (const name of names) await engine.providerAccounts.put({ name, ...limits });
await engine.providerAccounts.put({ name: "full", maxRunning: 1, requestsPerMinute: 1 });
for (let index = 0; index < 2 * MODELS; index += 1) {
  const accounts = Array.from({ length: ROUTES }, (_, at) => accountAt(index + at));
  const isFull = index >= MODELS && index % ACCOUNTS === 0;
  await engine.models.put({
    name: index < MODELS ? modelAt(index) : `${modelAt(index)}-full`,
    routes: [...(isFull ? ["full"] : []), ...accounts.slice(isFull ? 1 : 0)].map((account) => ({
      ...{ account, model: `name of model ${index}` },
    })),
  });
}

interface Case {
  readonly label: string;
  readonly queue: QueueName;
  readonly jobs: number;
  readonly needsOf: (index: number) => { readonly pool?: string; readonly model?: string };
}

const roundOfKey = (index: number) => Math.floor(index / KEYS);
const cases: readonly Case[] = [
  { label: "one account", jobs: 4 * KEYS, needsOf: () => ({ pool: accountAt(0) }) },
  {
    ...{ label: "20 models, a key has one", jobs: 4 * KEYS },
    needsOf: (index: number) => ({ model: modelAt(index) }),
  },
  {
    ...{ label: "20 models, a key has all", jobs: MODELS * KEYS },
    needsOf: (index: number) => ({ model: modelAt(index + roundOfKey(index)) }),
  },
  {
    ...{ label: "20 models, an account is full", jobs: 4 * KEYS },
    needsOf: (index: number) => ({ model: `${modelAt(index)}-full` }),
  },
].map((one, index) => ({ ...one, queue: `routes-${index}` as QueueName }));

/** The CPU time that Redis's main thread has used. */
async function cpuUs(): Promise<number> {
  const info = await redis.info("cpu");
  return ["user", "sys"].reduce((sum, kind) => {
    const seconds = new RegExp(`used_cpu_${kind}_main_thread:([\\d.]+)`).exec(info)?.[1];
    return sum + Number(seconds ?? Number.NaN) * 1e6;
  }, 0);
}

const lease = (queue: QueueName) =>
  engine.lease({ queue, count: BATCH, pools: [...names, "full"], leaseMs: 600_000, workerId: "b" });

for (const { queue, jobs, needsOf } of cases) {
  await engine.defineQueue({ name: queue });
  await fill(engine, queue, jobs, (index) => keyId(index % KEYS), { needsOf });
}
await finishRehash(redis);
const costs = cases.map(() => [] as number[]);
for (let round = 0; round < ROUNDS; round += 1) {
  // Every fiftieth script pays for Lua's garbage collection. In a fixed order that would always be the same case.
  for (const [at, { queue }] of shuffled([...cases.entries()])) {
    const before = await cpuUs();
    const leases: Lease[] = [];
    for (let call = 0; call < CALLS; call += 1) leases.push(...(await lease(queue)).leases);
    if (leases.length < CALLS * BATCH) throw new Error(`${queue} leased ${leases.length} jobs`);
    costs[at]?.push(((await cpuUs()) - before) / leases.length);
    await engine.settle(leases.map((one) => ({ ...one, kind: "complete", resultJson: "1" })));
    await engine.submit(
      leases.map(({ jobId, job: { pool, model } }) => {
        const key = jobId.split("~")[1] as ReturnType<typeof keyId>;
        return newJob(queue, key, engine.clock.nowMs(), { pool, model });
      }),
    );
  }
}
const means = costs.map(meansOf);
const results = cases.map(({ label }, at) => {
  const own = means[at] ?? [];
  const ratios = own.map((cost, turn) => cost / (means[0]?.[turn] ?? Number.NaN));
  console.log(`${label.padEnd(32)} ${median(own).toFixed(2)} us per job  ${ratioText(ratios)}`);
  return { label, usPerJob: rounded(median(own)), ratios: ratios.map(rounded) };
});
console.log("aim: at most x1.3");

/** The CPU time of Redis in a second in which jobs of models wait for accounts that are closed, in microseconds. */
async function closedUsPerSecond(): Promise<number> {
  const queue = "routes-closed" as QueueName;
  await engine.defineQueue({ name: queue });
  const needsOf = (index: number) => ({ model: modelAt(index) });
  await fill(engine, queue, KEYS, (index) => keyId(index), { needsOf });
  for (const name of names) await engine.providerAccounts.report(name, { kind: "exhausted" });
  const { clock } = engine;
  const untilNextLease = async () => {
    const { leases, nextDueMs } = await lease(queue);
    if (leases.length > 0) throw new Error("a closed account has granted something");
    await sleep(clock, Math.max(1, (nextDueMs ?? Number.NaN) - clock.nowMs()));
  };
  // The first leases put jobs aside, and the waits between them grow.
  const warmMs = clock.nowMs() + CLOSED_MS;
  while (clock.nowMs() < warmMs) await untilNextLease();
  const [before, startMs] = [await cpuUs(), clock.nowMs()];
  while (clock.nowMs() < startMs + CLOSED_MS) await untilNextLease();
  return ((await cpuUs()) - before) / ((clock.nowMs() - startMs) / 1_000);
}
const closedUs = await closedUsPerSecond();
console.log(`all accounts closed, jobs wait    ${closedUs.toFixed(0)} us of Redis in a second`);
keep("routes", { about, results, closedUsPerSecond: rounded(closedUs) });

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

/** The means of TURNS consecutive costs, so that rare costs count too. */
function meansOf(all: readonly number[]): number[] {
  return Array.from({ length: Math.floor(all.length / TURNS) }, (_, index) => {
    const some = all.slice(index * TURNS, (index + 1) * TURNS);
    return some.reduce((sum, cost) => sum + cost, 0) / TURNS;
  });
}
