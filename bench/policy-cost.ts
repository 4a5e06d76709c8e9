/**
 * What does policy cost Redis? `node bench/policy-cost.ts [rounds] [keys] [waiting] [blocked] [types] [policy]`
 *
 * - keys: a lease of 32 with 1, 32, 100 and up to 100,000 keys that have jobs (200,000 in all)
 * - waiting: a lease of 32 with 1,000, 100,000 and 1,000,000 jobs waiting
 * - blocked: a lease of 32 with 100,000 keys of which 99 % are over their budget, compared with none
 * - types: a lease of 32 by workers that name one type of jobs, and ten, compared with workers that name none. Then
 *   workers name all ten types while four other kinds of workers name some of them.
 * - policy: a job's life (submit, lease, settle) with a budget, an estimate and usage, compared with one without
 *
 * Measures time in scripts (INFO commandstats) per job. Ratios compare turns of one run. Each ratio is of the
 * means of 20 turns, so that rare costs count too.
 */

import type { QueueName } from "@millrace/shared";
import { argumentsFrom, numberArgument } from "./parts/arguments.ts";
import { fill, finishRehash, keyId, newJob, scriptUs, startEngine, take } from "./parts/engine.ts";
import { circumstances, keep, median, ratioText, rounded } from "./parts/report.ts";

const ROUNDS = numberArgument(0, 400);
const chosen = argumentsFrom(1);
const TURNS = 20;
const BATCH = 32;

await using bench = await startEngine();
const { engine, redis, version } = bench;
const about = circumstances(version);

interface Case {
  readonly label: string;
  readonly queue: QueueName;
  readonly keyOf: (index: number) => ReturnType<typeof keyId>;
  readonly size: number;
  /** The types that the worker names. Default: none. */
  readonly types?: readonly string[];
  readonly typeOf?: (index: number) => string;
  /** The types that other kinds of workers name. */
  readonly otherTypes?: readonly (readonly string[])[];
}

const settle = (leases: Awaited<ReturnType<typeof take>>) =>
  engine.settle(leases.map((one) => ({ ...one, kind: "complete", resultJson: "1" })));

const parts = {
  keys: () =>
    compare(
      [1, 32, 100, 1_000, 10_000, 100_000].map((keys) => ({
        ...{ label: `${keys} keys`, queue: `keys-${keys}` as QueueName, size: 200_000 },
        keyOf: (index: number) => keyId(index % keys),
      })),
    ),
  waiting: () =>
    compare(
      [1_000, 100_000, 1_000_000].map((size) => ({
        ...{ label: `${size} waiting`, queue: `waiting-${size}` as QueueName, size },
        keyOf: (index: number) => keyId(index % 10),
      })),
    ),
  blocked,
  types,
  policy,
};
const result: Record<string, unknown> = { about };
for (const [name, measure] of Object.entries(parts)) {
  if (chosen.length === 0 || chosen.includes(name)) result[name] = await measure();
}
keep(["policy-cost", ...chosen].join("-"), result);

async function compare(
  cases: readonly Case[],
  prepare: (one: Case) => Promise<void> = async () => {},
) {
  await redis.flushall();
  for (const one of cases) {
    await engine.defineQueue({ name: one.queue, maxDepthPerKey: 10_000_000 });
    // The types are known before jobs come, so that no job must move to the lane of its type later.
    for (const types of [one.types, ...(one.otherTypes ?? [])])
      await take(engine, one.queue, 1, types);
    await fill(engine, one.queue, one.size, one.keyOf, { typeOf: one.typeOf });
    await prepare(one);
  }
  await finishRehash(redis);
  const costs = new Map(cases.map((one) => [one, [] as number[]]));
  let next = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const one of shuffled(cases)) {
      await redis.config("RESETSTAT");
      const leases = await take(engine, one.queue, BATCH, one.types);
      costs.get(one)?.push((await scriptUs(redis)) / Math.max(1, leases.length));
      await settle(leases);
      // The number of jobs stays the same: another job of the same key and type takes each place.
      await engine.submit(
        leases.map(({ jobId, job: { type } }) => {
          const key = jobId.split("~")[1] as ReturnType<typeof keyId>;
          return newJob(one.queue, key, engine.clock.nowMs(), { type });
        }),
      );
      next += leases.length;
    }
  }
  const means = cases.map((one) => meansOf(costs.get(one) ?? [], TURNS));
  const base = means[0] ?? [];
  return cases.map((one, index) => {
    const own = means[index] ?? [];
    const ratios = own.map((cost, turn) => cost / (base[turn] ?? Number.NaN));
    console.log(
      `${one.label.padEnd(28)} ${median(own).toFixed(2)} us per job  ${ratioText(ratios)}`,
    );
    return {
      label: one.label,
      usPerJob: rounded(median(own)),
      ratio: rounded(median(ratios)),
      ratios: ratios.map(rounded),
      leased: next,
    };
  });
}

/**
 * Shuffles the cases. Every fiftieth script pays for Lua's garbage collection, and in a fixed order that would
 * always be the same case.
 */
function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

/** Returns the means of groups of `together` consecutive costs. */
function meansOf(costs: readonly number[], together: number): number[] {
  return Array.from({ length: Math.floor(costs.length / together) }, (_, index) => {
    const some = costs.slice(index * together, (index + 1) * together);
    return some.reduce((sum, cost) => sum + cost, 0) / together;
  });
}

async function blocked() {
  const KEYS = 100_000;
  const cases = ["none over budget", "99 % over budget"].map((label, index) => ({
    ...{ label, queue: `blocked-${index}` as QueueName, size: KEYS * 2 },
    keyOf: (job: number) => keyId((index + 1) * 1_000_000 + (job % KEYS)),
  }));
  return compare(cases, async ({ queue, label, keyOf }) => {
    if (!label.startsWith("99")) return;
    // The budgets are written to the shard directly, as a change of each key would. One call for each key would
    // take minutes.
    const base = `mr:{${queue}:0}:${queue}:`;
    for (let from = 0; from < KEYS; from += 1_000) {
      const pipeline = redis.pipeline();
      for (let index = from; index < from + 1_000; index += 1) {
        if (index % 100 === 0) continue;
        pipeline.hset(`${base}mr:budgets`, keyOf(index), '{"maxRunning":1}');
        pipeline.hset(`${base}mr:use:${keyOf(index)}`, "n", 1);
      }
      await pipeline.exec();
    }
    // Each lane that may not run is visited once and then held.
    while ((await redis.zcard(`${base}mr:held`)) < KEYS * 0.985) {
      await settle(await take(engine, queue, BATCH));
    }
    // Finding these lanes has taken most jobs of the others, so they are filled again.
    await fill(engine, queue, 50_000, (index) => keyOf((index % (KEYS / 100)) * 100));
    console.log(`${label}: ${await redis.zcard(`${base}mr:held`)} of ${KEYS} lanes are held`);
  });
}

/** The same jobs, with workers that name different types. */
function types() {
  const KEYS = 100;
  const ten = Array.from({ length: 10 }, (_, index) => `type-${index}`);
  const one = ten.slice(0, 1);
  const typeAt = (index: number) => ten[index % ten.length] ?? "";
  const jobOfKey = (index: number) => Math.floor(index / KEYS);
  const parts = [ten.slice(0, 2), ten.slice(2, 4), ten.slice(4, 6), ten.slice(6, 8)];
  const cases: readonly Omit<Case, "queue" | "size" | "keyOf">[] = [
    { label: "no type named", types: [], typeOf: (index) => typeAt(index) },
    { label: "1 type", types: one, typeOf: () => typeAt(0) },
    { label: "10 types, 1 has jobs", types: ten, typeOf: () => typeAt(0) },
    { label: "10 types, a key has one", types: ten, typeOf: (index) => typeAt(index) },
    { label: "10 types, a key has all", types: ten, typeOf: (index) => typeAt(jobOfKey(index)) },
    {
      ...{ label: "the same, 5 kinds of workers", types: ten, otherTypes: parts },
      typeOf: (index) => typeAt(jobOfKey(index)),
    },
  ];
  return compare(
    cases.map((one, index) => ({
      ...{ ...one, queue: `types-${index}` as QueueName, size: 200_000 },
      keyOf: (job: number) => keyId(job % KEYS),
    })),
  );
}

/** A job's life with everything that policy checks, compared with one that policy does not affect, in turns. */
async function policy() {
  await redis.flushall();
  const queue = "policy" as QueueName;
  await engine.defineQueue({ name: queue });
  const KEYS = 10;
  for (let key = 0; key < KEYS; key += 1) {
    await engine.keyBudgets.set(keyId(key), {
      ...{ requestsPerMinute: 10_000_000, tokensPerMinute: 1_000_000_000 },
      ...{ tokensPerDay: 100_000_000_000, maxRunning: 100_000, weight: 2 },
    });
  }
  const life = async (withPolicy: boolean) => {
    await redis.config("RESETSTAT");
    let jobs = 0;
    for (let batch = 0; batch < 20; batch += 1) {
      const nowMs = engine.clock.nowMs();
      const firstKey = withPolicy ? 0 : 1_000;
      await engine.submit(
        Array.from({ length: BATCH }, (_, index) =>
          newJob(queue, keyId(firstKey + (index % KEYS)), nowMs, withPolicy ? { tokens: 900 } : {}),
        ),
      );
      const leases = await take(engine, queue, BATCH);
      jobs += leases.length;
      await engine.settle(
        leases.map((one) => ({
          ...{ ...one, kind: "complete" as const, resultJson: "1" },
          ...(withPolicy
            ? { usage: { inputTokens: 600, outputTokens: 200, providerCalls: 1 } }
            : {}),
        })),
      );
    }
    return (await scriptUs(redis)) / jobs;
  };
  const ratios: number[] = [];
  const on: number[] = [];
  const off: number[] = [];
  for (let round = 0; round < Math.max(5, ROUNDS / 20); round += 1) {
    off.push(await life(false));
    on.push(await life(true));
    ratios.push((on.at(-1) ?? 0) / (off.at(-1) ?? 1));
  }
  console.log(
    `policy: ${median(off).toFixed(1)} us per job without policy, ${median(on).toFixed(1)} with: ${ratioText(ratios)} (aim: at most 1.5)`,
  );
  return { offUs: rounded(median(off)), onUs: rounded(median(on)), ratios: ratios.map(rounded) };
}
