/**
 * Whatever happens, in whatever order: jobs of keys with and without budgets, some on a provider account,
 * against a plain model of what may have been admitted. After each step the database is audited. A failing
 * run prints its seed and path; MILLRACE_MODEL_SEED, _PATH and _RUNS replay it or run for longer.
 */
import type { Lease, Settlement } from "@millrace/engine";
import type { JobId } from "@millrace/shared";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Journal } from "./journal.ts";
import { openWorld, type World } from "./world.ts";

const failure = { reason: "NO", message: "no", retryable: true };

/** `free` has no budget; `slow` and `small` have, and lose and gain of it on the way. */
const keys = ["free", "slow", "small"];

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("submit" as const),
      jobs: fc.array(
        fc.record({
          key: fc.constantFrom(...keys),
          priority: fc.constantFrom(1, 50, 51),
          pool: fc.constantFrom(undefined, undefined, "acc"),
          tokens: fc.constantFrom(undefined, 10, 400, 5_000),
          delayMs: fc.constantFrom(undefined, undefined, undefined, 20_000),
          deduplication: fc.constantFrom(undefined, undefined, "throttle", "debounce"),
        }),
        { minLength: 1, maxLength: 6 },
      ),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("lease" as const),
      count: fc.integer({ min: 1, max: 6 }),
      lost: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("settle" as const),
      as: fc.constantFrom("complete", "complete", "fail", "retry", "bounce", "release"),
      spent: fc.constantFrom(undefined, 1, 300, 9_000),
      twice: fc.boolean(),
      oldest: fc.boolean(),
    }),
  },
  fc.record({ kind: fc.constant("append" as const), chunks: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant("renew" as const) }),
  fc.record({ kind: fc.constant("cancel" as const), nth: fc.nat(30) }),
  fc.record({
    kind: fc.constant("limit" as const),
    key: fc.constantFrom("slow", "small"),
    running: fc.constantFrom(1, 2, 5),
    requests: fc.constantFrom(2, 10),
    tokens: fc.constantFrom(500, 10_000),
  }),
  fc.record({ kind: fc.constant("account" as const), running: fc.constantFrom(1, 3) }),
  fc.record({ kind: fc.constant("refuse" as const), coolMs: fc.constantFrom(undefined, 5_000) }),
  fc.record({ kind: fc.constant("pause" as const), paused: fc.boolean() }),
  fc.record({ kind: fc.constant("redrive" as const) }),
  fc.record({ kind: fc.constant("restart" as const) }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      ms: fc.constantFrom(1, 900, 5_000, 31_000, 62_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("duties" as const), limit: fc.constantFrom(1, 5) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const settings = {
  numRuns: Number(process.env.MILLRACE_MODEL_RUNS ?? 40),
  ...(process.env.MILLRACE_MODEL_SEED ? { seed: Number(process.env.MILLRACE_MODEL_SEED) } : {}),
  ...(process.env.MILLRACE_MODEL_PATH ? { path: process.env.MILLRACE_MODEL_PATH } : {}),
};

test("in whatever order things happen, every invariant holds after each of them", async () => {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 5, maxLength: 45 }),
    async (steps) => {
      const world = await openWorld();
      const journal = new Journal(world.time);
      try {
        for (const [key, budget] of world.budgets) journal.limit(key, budget);
        journal.account(world.account);
        for (const next of steps) {
          await take(next, world, journal);
          expect(await world.engine.audit()).toEqual([]);
        }
        await finish(world, journal);
      } finally {
        await world.close();
      }
    },
  );
  await fc.assert(property, settings);
}, 600_000);

async function take(next: Step, world: World, journal: Journal): Promise<void> {
  const { engine, time } = world;
  switch (next.kind) {
    case "submit": {
      const specs = next.jobs.map((job) => world.job(job));
      const outcomes = await engine.submit(specs);
      outcomes.forEach((outcome, at) => {
        const spec = specs[at];
        if (spec !== undefined && outcome.kind === "accepted") journal.submitted(spec);
      });
      return;
    }
    case "lease":
      await lease(world, journal, next.count, next.lost);
      return;
    case "settle": {
      const of = next.oldest ? world.held.shift() : world.held.pop();
      if (of === undefined) return;
      const settlement = settlementOf(of, next.as, next.spent);
      if (next.as === "bounce" && of.job.pool !== undefined) {
        journal.refused(
          await engine.providerAccounts.refused(of.job.pool, { coolMs: 2_000, exhausted: false }),
        );
      }
      const group = next.twice ? [settlement, settlement] : [settlement];
      for (const outcome of await engine.settle(group)) journal.settled(settlement, outcome);
      return;
    }
    case "append": {
      const of = world.held.at(-1);
      if (of === undefined) return;
      const chunks = Array.from({ length: next.chunks }, (_, seq) => ({
        ...{ seq, kind: "text" as const, body: "x" },
      }));
      await engine.append([{ ...of, chunks }]);
      return;
    }
    case "renew":
      await engine.renew(world.held, world.leaseMs);
      return;
    case "cancel": {
      const id = journal.ids[next.nth];
      if (id !== undefined) await engine.cancel(id, "enough");
      return;
    }
    case "limit": {
      const budget = {
        ...{ maxRunning: next.running, requestsPerMinute: next.requests },
        tokensPerMinute: next.tokens,
      };
      await engine.keyBudgets.set(next.key as never, budget);
      journal.limit(next.key, budget);
      return;
    }
    case "account": {
      const account = { ...world.account, maxRunning: next.running };
      await engine.providerAccounts.put(account);
      journal.account(account);
      return;
    }
    case "refuse":
      journal.refused(
        await engine.providerAccounts.refused("acc", { coolMs: next.coolMs, exhausted: false }),
      );
      return;
    case "pause":
      await engine.pauseQueue(world.queue, next.paused);
      journal.paused = next.paused;
      return;
    case "redrive": {
      const { letters } = await engine.deadLetters.list({ queue: world.queue }, 5);
      await engine.deadLetters.redrive(letters);
      return;
    }
    case "restart":
      await world.restart();
      return;
    case "pass":
      time.nowMs += next.ms;
      return;
    case "duties":
      await duties(world, journal, next.limit);
  }
}

async function duties({ engine, queue }: World, journal: Journal, limit: number): Promise<void> {
  journal.reaped((await engine.reap(queue, limit)).reaped);
  await engine.promote(queue, limit);
  await engine.prune(queue, limit);
  await engine.syncPolicy();
}

async function lease(
  world: World,
  journal: Journal,
  count: number,
  lost: boolean,
): Promise<number> {
  const { engine, queue, leaseMs } = world;
  const { leases } = await engine.lease({ queue, count, leaseMs, workerId: "w1" });
  for (const of of leases) journal.leased(of);
  if (!lost) world.held.push(...leases);
  if (leases.length < count) await journal.nothingLeft(engine);
  return leases.length;
}

function settlementOf(of: Lease, as: string, spent: number | undefined): Settlement {
  const usage =
    spent === undefined ? {} : { usage: { inputTokens: spent, outputTokens: 0, providerCalls: 1 } };
  switch (as) {
    case "complete":
      return { ...of, kind: "complete", resultJson: "1", ...usage };
    case "fail":
      return { ...of, kind: "fail", state: "FAILED", failure, ...usage };
    case "retry":
      return { ...of, kind: "retry", delayMs: 3_000, failure, countsAttempt: true, ...usage };
    case "bounce":
      return { ...of, kind: "bounce", delayMs: 0, failure };
    default:
      return { ...of, kind: "release" };
  }
}

/** Left to itself, with workers that complete what they lease, all of it ends, and every counter is zero. */
async function finish(world: World, journal: Journal): Promise<void> {
  const { engine, queue, time } = world;
  await engine.pauseQueue(queue, false);
  journal.paused = false;
  for (let round = 0; round < 400; round += 1) {
    await duties(world, journal, 100);
    await lease(world, journal, 50, false);
    const settlements = world.held.splice(0).map((of) => settlementOf(of, "complete", undefined));
    const outcomes = await engine.settle(settlements);
    outcomes.forEach((outcome, at) => {
      const settlement = settlements[at];
      if (settlement !== undefined) journal.settled(settlement, outcome);
    });
    const { queued, scheduled, running } = await engine.stats(queue);
    if (queued + scheduled + running === 0) break;
    time.nowMs += 11_000;
  }
  const records = await engine.getJobs(journal.ids as JobId[]);
  expect(records.map((record) => record?.state)).not.toContain("QUEUED");
  for (const record of records) if (record !== undefined) journal.ended(record);
  time.nowMs += 2 * 86_400_000;
  await engine.syncPolicy();
  const [account] = await engine.providerAccounts.list();
  expect(account).toMatchObject({ running: 0, requestsUsed: 0, tokensUsed: 0 });
  expect(await engine.stats(queue)).toMatchObject({
    queued: 0,
    scheduled: 0,
    running: 0,
    lanes: 0,
  });
  expect(await engine.audit()).toEqual([]);
}
