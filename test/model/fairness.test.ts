/**
 * Keys that always have work get service within a fixed bound of each other, by weight, whatever else happens.
 * Jobs have any size and spend half to twice of their estimate. Attempts die or are handed back, keys come and
 * go, some workers serve only some pools, and the replicas' clocks differ.
 */
import type { Lease } from "@millrace/engine";
import fc from "fast-check";
import { expect, test } from "vitest";
import { settings } from "./settings.ts";
import { Shares } from "./shares.ts";
import { openWorld, type Replica, type World } from "./world.ts";

/** These keys always have work, all in the same shard, of one or three shards. */
const steady = ["mill", "race", "busy"] as const;
const GUEST = "guest";
/** How much of its estimate a job may spend, and the most of it. */
const spends = [0.5, 1, 2] as const;
const MOST = 2;

const replica = fc.constantFrom<Replica>(0, 1);
const spend = fc.constantFrom(...spends);
const weight = fc.constantFrom(0.5, 1, 2);
const pool = fc.constantFrom(undefined, "gpu");
const sizes = fc.constantFrom([1_000], [1_000, 2_000], [100, 4_000, 1_000]);

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("lease" as const),
      by: replica,
      count: fc.integer({ min: 1, max: 16 }),
      everyPool: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("settle" as const),
      by: replica,
      count: fc.integer({ min: 1, max: 40 }),
      oldest: fc.boolean(),
      as: fc.constantFrom("complete", "complete", "complete", "retry", "release"),
      spend: fc.option(spend, { nil: undefined, freq: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("rounds" as const),
      by: replica,
      rounds: fc.integer({ min: 1, max: 8 }),
      count: fc.integer({ min: 1, max: 48 }),
    }),
  },
  fc.record({
    kind: fc.constant("guest" as const),
    tokens: fc.constantFrom(100, 4_000),
    priority: fc.constantFrom(1, 50),
    pool,
  }),
  fc.record({ kind: fc.constant("die" as const), by: replica }),
  fc.record({ kind: fc.constant("skew" as const), ms: fc.constantFrom(-4_000, 0, 4_000) }),
  fc.record({ kind: fc.constant("restart" as const), by: replica }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const run = fc.record({
  shards: fc.constantFrom(1, 3),
  pool,
  sizes,
  weights: fc.tuple(weight, weight, weight),
  /** How much of its estimate each key's jobs spend, if the step does not say. */
  habits: fc.tuple(spend, spend, spend),
  steps: fc.array(step, { minLength: 10, maxLength: 60, size: "max" }),
});
type Run = typeof run extends fc.Arbitrary<infer T> ? T : never;

test("keys that always have work differ by at most two of the largest jobs and the running jobs", async () => {
  const property = fc.asyncProperty(run, async (chosen) => {
    const world = await openWorld(chosen.shards);
    try {
      const weights = new Map(steady.map((key, index) => [key, chosen.weights[index] ?? 1]));
      for (const [key, weight] of weights) await world.setBudget(key, { weight });
      const shares = new Shares(weights, MOST);
      for (const next of chosen.steps) await take(next, world, shares, chosen);
      expect(await world.engine(0).audit()).toEqual([]);
    } finally {
      await world.close();
    }
  });
  await fc.assert(property, settings(10));
}, 600_000);

async function take(next: Step, world: World, shares: Shares, chosen: Run): Promise<void> {
  const { time, held } = world;
  switch (next.kind) {
    case "lease":
      return lease(world, shares, next, chosen);
    case "settle": {
      const some = next.oldest ? held.splice(0, next.count) : held.splice(-next.count);
      return settle(world, shares, some, next, chosen);
    }
    case "rounds":
      for (let round = 0; round < next.rounds; round += 1) {
        await lease(world, shares, { ...next, everyPool: true }, chosen);
        await settle(world, shares, held.splice(0), { by: next.by, as: "complete" }, chosen);
      }
      return;
    case "guest": {
      const jobs = Array.from({ length: 6 }, () => world.job({ ...next, key: GUEST }));
      await world.engine(0).submit(jobs);
      return;
    }
    case "die": {
      time.nowMs += 2 * world.leaseMs;
      held.length = 0;
      const { reaped } = await world.engine(next.by).reap(world.queue, 1_000);
      for (const { jobId } of reaped) shares.ended(jobId, undefined);
      return;
    }
    case "skew":
      time.skewMs = next.ms;
      return;
    case "restart":
      await world.restart(next.by);
  }
}

async function lease(
  world: World,
  shares: Shares,
  next: { by: Replica; count: number; everyPool: boolean },
  { pool, sizes }: Run,
): Promise<void> {
  const engine = world.engine(next.by);
  const { queue, leaseMs } = world;
  const { count } = next;
  // Submits as many jobs as could be leased, so that no key runs out of work.
  await engine.submit(
    steady.flatMap((key) =>
      Array.from({ length: count }, (_, index) =>
        world.job({ key, tokens: sizes[index % sizes.length], pool }),
      ),
    ),
  );
  const serves = next.everyPool ? {} : { pools: [] };
  const { leases } = await engine.lease({ queue, count, leaseMs, workerId: "w1", ...serves });
  if (next.everyPool) expect(leases.length, "jobs leased of those that waited").toBe(count);
  for (const one of leases) {
    shares.leased(one);
    shares.hold();
  }
  world.held.push(...leases);
}

async function settle(
  world: World,
  shares: Shares,
  leases: readonly Lease[],
  { by, as, spend }: { by: Replica; as: string; spend?: number | undefined },
  { habits }: Run,
): Promise<void> {
  const failure = { reason: "NO", message: "no", retryable: true };
  const settlements = leases.map((heldLease) => {
    const habit = habits[steady.findIndex((key) => heldLease.jobId.includes(`~${key}~`))];
    const spent = (heldLease.job.estimatedTokens ?? 0) * (spend ?? habit ?? 1);
    const usage = { inputTokens: spent, outputTokens: 0, providerCalls: 1 };
    if (as === "release") return { ...heldLease, kind: "release" } as const;
    if (as === "retry") return { ...heldLease, kind: "retry", delayMs: 0, failure, usage } as const;
    return { ...heldLease, kind: "complete", resultJson: "1", usage } as const;
  });
  const outcomes = await world.engine(by).settle(settlements);
  outcomes.forEach((outcome, index) => {
    const settlement = settlements[index];
    if (settlement === undefined || outcome.kind === "leaseLost") return;
    const spent = settlement.kind === "release" ? 0 : settlement.usage.inputTokens;
    shares.ended(settlement.jobId, spent);
  });
  shares.hold();
}
