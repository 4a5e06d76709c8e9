/**
 * Is every key served? `node bench/fairness.ts [scale]`
 *
 * - zipf: 10,000 keys, the nth with a share of 1/n. Measures Jain's index over the service of the keys that
 *   always had work.
 * - giant: one key with 1,000,000 jobs, and 10,000 keys with 20 jobs each that came later. Measures how many jobs
 *   are leased before each small key's first job, compared with leasing in the order of arrival.
 * - two: two keys that always have work, with jobs that cost 1 to 100 tokens each and spend half to twice of
 *   their estimate. Measures how far apart the keys ever are, compared with two of the largest jobs and the
 *   running jobs.
 *
 * `scale` 0.1 uses a tenth of the jobs. The results are counts, not times, so a loaded machine changes nothing.
 */

import type { QueueName } from "@millrace/shared";
import { numberArgument } from "./parts/arguments.ts";
import { fill, keyId, startEngine, take } from "./parts/engine.ts";
import { circumstances, keep, quantile } from "./parts/report.ts";

const SCALE = numberArgument(0, 1);
const KEYS = Math.round(10_000 * SCALE);
const BATCH = 32;

await using bench = await startEngine();
const { engine, redis, version } = bench;
const about = circumstances(version);

const keyOfJob = (id: string) => id.split("~")[1] ?? "";
const settle = (leases: Awaited<ReturnType<typeof take>>) =>
  engine.settle(leases.map((lease) => ({ ...lease, kind: "complete", resultJson: "1" })));

const result = { about, zipf: await zipf(), giant: await giant(), two: await two() };
keep("fairness", result);

async function zipf() {
  await redis.flushall();
  const queue = "zipf" as QueueName;
  await engine.defineQueue({ name: queue });
  const share = Math.round(20_000 * SCALE);
  const backlog = Array.from({ length: KEYS }, (_, n) => Math.max(1, Math.floor(share / (n + 1))));
  const order = backlog.flatMap((jobs, n) => Array.from({ length: jobs }, () => n));
  await fill(engine, queue, order.length, (index) => keyId(order[index] ?? 0));
  const served = new Map<string, number>();
  const want = Math.floor(order.length / 2);
  for (let leased = 0; leased < want; ) {
    const leases = await take(engine, queue, BATCH);
    for (const { jobId } of leases)
      served.set(keyOfJob(jobId), (served.get(keyOfJob(jobId)) ?? 0) + 1);
    leased += leases.length;
    await settle(leases);
  }
  const always = backlog.flatMap((jobs, n) => {
    const got = served.get(keyId(n)) ?? 0;
    return got < jobs ? [got] : [];
  });
  const sum = always.reduce((a, b) => a + b, 0);
  const squares = always.reduce((a, b) => a + b * b, 0);
  const jain = sum ** 2 / (always.length * squares);
  console.log(
    `zipf: ${order.length} jobs of ${KEYS} keys, ${want} leased; Jain's index over the ${always.length} keys ` +
      `that always had work: ${jain.toFixed(5)} (aim: at least 0.99)`,
  );
  return { jobs: order.length, keys: KEYS, leased: want, alwaysBacklogged: always.length, jain };
}

async function giant() {
  await redis.flushall();
  const queue = "giant" as QueueName;
  await engine.defineQueue({ name: queue, maxDepthPerKey: 10_000_000 });
  const large = Math.round(1_000_000 * SCALE);
  const EACH = 20;
  const startedMs = performance.now();
  await fill(engine, queue, large, () => keyId(9_999_999));
  await fill(engine, queue, KEYS * EACH, (index) => keyId(index % KEYS));
  console.log(
    `giant: ${large + KEYS * EACH} jobs submitted in ${((performance.now() - startedMs) / 1_000).toFixed(0)} s`,
  );
  const first = new Map<string, number>();
  for (let leased = 0; first.size <= KEYS; ) {
    const leases = await take(engine, queue, BATCH);
    if (leases.length === 0) throw new Error("no jobs are left, but not all keys were served");
    for (const { jobId } of leases) {
      const key = keyOfJob(jobId);
      if (!first.has(key)) first.set(key, leased);
      leased += 1;
    }
    await settle(leases);
  }
  first.delete(keyId(9_999_999));
  const fair = quantile([...first.values()], 0.99);
  // In order of arrival, all jobs of the giant come first, and then the first jobs of the small keys, one each.
  const fifo = quantile(
    Array.from({ length: KEYS }, (_, n) => large + n),
    0.99,
  );
  console.log(
    `giant: before a small key's first job, p99: ${fair} jobs are leased; in the order of arrival it is ` +
      `${fifo}: ${((100 * fair) / fifo).toFixed(2)} % (aim: at most 1 %)`,
  );
  return {
    giantJobs: large,
    smallKeys: KEYS,
    jobsEach: EACH,
    fairP99: fair,
    fifoP99: fifo,
    percent: (100 * fair) / fifo,
  };
}

async function two() {
  await redis.flushall();
  const queue = "two" as QueueName;
  await engine.defineQueue({ name: queue });
  const jobs = Math.round(20_000 * SCALE);
  let state = 1;
  // A linear congruential generator gives the same numbers in every run, which is enough here.
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const LARGEST = 100_000;
  await fill(engine, queue, jobs, (index) => keyId(index % 2), {
    tokensOf: () => 1_000 + Math.floor(random() * (LARGEST - 1_000)),
  });
  const got = [0, 0];
  let inFlight = 0;
  let worst = 0;
  let allowed = 0;
  const running: { lease: Awaited<ReturnType<typeof take>>[number]; tokens: number }[] = [];
  for (let leased = 0; leased < jobs * 0.9; ) {
    for (const lease of await take(engine, queue, 8)) {
      const tokens = lease.job.estimatedTokens ?? 0;
      const key = keyOfJob(lease.jobId) === keyId(0) ? 0 : 1;
      got[key] = (got[key] ?? 0) + tokens;
      inFlight += tokens;
      leased += 1;
      running.push({ lease, tokens });
    }
    const apart = Math.abs((got[0] ?? 0) - (got[1] ?? 0));
    if (apart / (2 * LARGEST + inFlight) > worst / (allowed || 1)) {
      worst = apart;
      allowed = 2 * LARGEST + inFlight;
    }
    while (running.length > 16) {
      const [{ lease, tokens } = { lease: undefined, tokens: 0 }] = running.splice(
        Math.floor(random() * running.length),
        1,
      );
      if (lease === undefined) break;
      const spent = Math.round(tokens * (0.5 + 1.5 * random()));
      const key = keyOfJob(lease.jobId) === keyId(0) ? 0 : 1;
      got[key] = (got[key] ?? 0) + spent - tokens;
      inFlight -= tokens;
      const usage = { inputTokens: spent, outputTokens: 0, providerCalls: 1 };
      await engine.settle([{ ...lease, kind: "complete", resultJson: "1", usage }]);
    }
  }
  console.log(
    `two: at most ${worst} tokens apart, of ${Math.round(allowed)} that two of the largest jobs and the running jobs  ` +
      `allow (${((100 * worst) / allowed).toFixed(0)} %; aim: at most 100 %)`,
  );
  return { jobs, largestTokens: LARGEST, worstTokens: worst, boundTokens: allowed };
}
