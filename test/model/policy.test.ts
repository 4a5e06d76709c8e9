/**
 * Runs commands in any order against a plain model of what may be admitted. Keys have budgets or none. Some
 * jobs use a provider account, and some name a model, whose routes change. The queue has one or three shards and two replicas, whose clocks may differ by
 * seconds. After each step the database is audited. README.md lists what checks which invariant.
 */
import type { KeyBudget, Lease, ProviderAccount } from "@millrace/engine";
import type { JobId } from "@millrace/shared";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ACCOUNT, usesAccount } from "./account.ts";
import { Awaited } from "./awaited.ts";
import { Journal } from "./journal.ts";
import { catalogueChanges, modelOf, models } from "./routes.ts";
import { settings } from "./settings.ts";
import { report, settlementAfter, settlementOf, spendsNoAttempt } from "./settlements.ts";
import { openWorld, type Replica, type World } from "./world.ts";

/** `free` has no budget. `slow` and `small` have budgets that shrink and grow during a run. */
const keys = ["free", "slow", "small"];
const budgets: Readonly<Record<string, KeyBudget>> = {
  slow: { maxRunning: 2, requestsPerMinute: 4, tokensPerMinute: 10_000 },
  small: { maxRunning: 5, requestsPerMinute: 10, tokensPerMinute: 500 },
};
const account = {
  ...{ name: ACCOUNT, requestsPerMinute: 6, tokensPerMinute: 20_000, maxRunning: 2 },
} satisfies ProviderAccount;

/**
 * The types that a worker names. An empty list means any type. Some lists overlap, so that classes of lanes
 * appear and disappear.
 */
const workerTypes = [
  "",
  "",
  "summarize",
  "mail",
  "other",
  "echo mail",
  "echo mail summarize",
  "mail other",
].map((types) => types.split(" ").filter((type) => type !== ""));

const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("submit" as const),
      jobs: fc.array(
        fc.record({
          key: fc.constantFrom(...keys),
          priority: fc.constantFrom(1, 50, 51),
          needs: fc.constantFrom(
            ...([{}, {}, { pool: ACCOUNT }, { pool: ACCOUNT }] as const),
            ...models.map(({ name }) => ({ model: name })),
          ),
          type: fc.constantFrom("summarize", "echo", "mail"),
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
      types: fc.constantFrom(...workerTypes),
      /** True for a worker that runs nothing else. */
      alone: fc.constantFrom(false, false, false, true),
      /** The keys whose jobs the worker runs already. */
      except: fc.constantFrom([], [], [], ["free"], ["slow", "small"]),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("settle" as const),
      as: fc.constantFrom("complete", "complete", "fail", "retry", "bounce", "down", "release"),
      spent: fc.constantFrom(undefined, 1, 300, 9_000),
      twice: fc.boolean(),
      oldest: fc.boolean(),
    }),
  },
  fc.record({
    kind: fc.constant("append" as const),
    chunks: fc.integer({ min: 1, max: 3 }),
    oldest: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("renew" as const) }),
  fc.record({ kind: fc.constant("takeOver" as const) }),
  fc.record({ kind: fc.constant("cancel" as const), nth: fc.nat(30) }),
  fc.record({
    kind: fc.constant("limit" as const),
    key: fc.constantFrom("slow", "small"),
    running: fc.constantFrom(1, 2, 5),
    requests: fc.constantFrom(2, 10),
    tokens: fc.constantFrom(500, 10_000),
  }),
  fc.record({
    kind: fc.constant("account" as const),
    running: fc.constantFrom(1, 3),
    tokens: fc.constantFrom(1_000, 20_000),
  }),
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("accountGoes" as const), back: fc.boolean() }),
  },
  fc.record({
    kind: fc.constant("catalogue" as const),
    change: fc.constantFrom(...catalogueChanges),
  }),
  fc.record({ kind: fc.constant("refuse" as const), coolMs: fc.constantFrom(undefined, 5_000) }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("outage" as const) }) },
  fc.record({ kind: fc.constant("pause" as const), paused: fc.boolean() }),
  fc.record({ kind: fc.constant("redrive" as const) }),
  fc.record({ kind: fc.constant("restart" as const) }),
  fc.record({ kind: fc.constant("skew" as const), ms: fc.constantFrom(-3_000, 0, 3_000) }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      ms: fc.constantFrom(1, 900, 5_000, 31_000, 62_000, 601_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("duties" as const), limit: fc.constantFrom(1, 5) }),
  },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

const run = fc.record({
  shards: fc.constantFrom(1, 3),
  steps: fc.array(fc.record({ by: fc.constantFrom<Replica>(0, 0, 1), action }), {
    minLength: 5,
    maxLength: 45,
    size: "max",
  }),
});

test("every invariant holds after each command, in any order of commands", async () => {
  const property = fc.asyncProperty(run, async ({ shards, steps }) => {
    const world = await openWorld(shards);
    const journal = new Journal(world.time);
    const awaited = new Awaited();
    try {
      await awaited.at(world.engine(0));
      for (const [key, budget] of Object.entries(budgets)) {
        await world.setBudget(key, budget);
        journal.limit(key, budget);
      }
      await world.engine(0).providerAccounts.put(account);
      journal.account(account);
      for (const model of models) {
        await world.engine(0).models.put(model);
        journal.routes.changed(model);
      }
      for (const { by, action } of steps) {
        await take(action, by, world, journal, awaited);
        await awaited.read(world.engine(1));
        expect(await world.engine(0).audit()).toEqual([]);
      }
      await finish(world, journal, awaited);
    } finally {
      await world.close();
    }
  });
  await fc.assert(property, settings(16));
}, 600_000);

async function take(
  next: Action,
  by: Replica,
  world: World,
  journal: Journal,
  awaited: Awaited,
): Promise<void> {
  const { time } = world;
  const engine = world.engine(by);
  switch (next.kind) {
    case "submit": {
      const specs = next.jobs.map(({ needs, ...job }) => world.job({ ...job, ...needs }));
      const outcomes = await engine.submit(specs);
      for (const [index, { kind }] of outcomes.entries()) {
        const spec = specs[index];
        if (spec === undefined || kind !== "accepted") continue;
        journal.submitted(spec);
        await awaited.submitted(spec.id);
      }
      return;
    }
    case "lease":
      await lease(world, by, journal, next);
      return;
    case "settle": {
      const heldLease = next.oldest ? world.held.shift() : world.held.pop();
      if (heldLease === undefined) return;
      const settlement = await settlementAfter(engine, journal, heldLease, next);
      const group = next.twice ? [settlement, settlement] : [settlement];
      for (const outcome of await engine.settle(group)) {
        journal.settled(settlement, outcome, heldLease);
      }
      if (settlement.kind === "bounce" && settlement.episode !== undefined) {
        await spendsNoAttempt(engine, heldLease);
      }
      return;
    }
    case "append": {
      const heldLease = next.oldest ? world.held[0] : world.held.at(-1);
      if (heldLease !== undefined) await append(world, by, journal, heldLease, next.chunks);
      return;
    }
    case "takeOver": {
      // Leases expire, other workers take the jobs, and the first holders continue as if nothing had happened.
      for (const heldLease of world.held) await append(world, by, journal, heldLease, 1);
      time.nowMs += 2 * world.leaseMs;
      await duties(world, by, journal, 20);
      await lease(world, by, journal, { count: 6 });
      for (const heldLease of world.held) await append(world, by, journal, heldLease, 2);
      await renew(world, by, journal);
      return;
    }
    case "renew":
      await renew(world, by, journal);
      return;
    case "cancel": {
      const id = journal.ids[next.nth];
      if (id === undefined) return;
      const { kind } = await engine.cancel(id, "enough");
      if (kind === "cancelled") journal.cancelled(id);
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
      const changed = { ...account, maxRunning: next.running, tokensPerMinute: next.tokens };
      await engine.providerAccounts.put(changed);
      if (!journal.accountIsThere) journal.accountMade();
      journal.bothHear();
      journal.account(changed);
      return;
    }
    case "accountGoes": {
      await engine.providerAccounts.delete(account.name);
      journal.accountGone();
      if (!next.back) return;
      await engine.providerAccounts.put(account);
      journal.accountMade();
      journal.account(account);
      return;
    }
    case "catalogue": {
      const model = modelOf(next.change as readonly [string, ...string[]]);
      if (model.routes.length === 0) await engine.models.remove(model.name);
      else expect(await engine.models.put(model)).toMatchObject({ kind: "stored" });
      journal.routes.changed(model);
      return;
    }
    case "refuse":
      await report(engine, journal, undefined, {
        ...{ kind: "refused" },
        ...(next.coolMs === undefined ? {} : { askedMs: next.coolMs }),
      });
      return;
    case "outage":
      // Workers learn of it one after another.
      for (const heldLease of world.held.filter(usesAccount)) {
        const settlement = await settlementAfter(engine, journal, heldLease, { as: "down" });
        world.held.splice(world.held.indexOf(heldLease), 1);
        const [outcome] = await engine.settle([settlement]);
        if (outcome !== undefined) journal.settled(settlement, outcome, heldLease);
      }
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
      await world.restart(by);
      if (by === 0) await awaited.at(world.engine(0));
      return;
    case "skew":
      time.skewMs = next.ms;
      journal.skewed(next.ms);
      return;
    case "pass":
      time.nowMs += next.ms;
      return;
    case "duties":
      await duties(world, by, journal, next.limit);
  }
}

async function append(
  { engine }: World,
  by: Replica,
  journal: Journal,
  heldLease: Lease,
  count: number,
): Promise<void> {
  const chunks = Array.from({ length: count }, (_, seq) => ({
    ...{ seq, kind: "text" as const, body: `${heldLease.token}.${seq}.${journal.nextNumber()}` },
  }));
  const [outcome] = await engine(by).append([{ ...heldLease, chunks }]);
  journal.wrote(heldLease, outcome?.kind !== "leaseLost");
  await journal.reads(engine(by), heldLease.jobId);
}

async function renew({ engine, held, leaseMs }: World, by: Replica, journal: Journal) {
  (await engine(by).renew(held, leaseMs)).forEach((outcome, index) => {
    const heldLease = held[index];
    if (heldLease !== undefined) journal.wrote(heldLease, outcome.kind === "renewed");
  });
}

async function duties(world: World, by: Replica, journal: Journal, limit: number): Promise<void> {
  const engine = world.engine(by);
  const { queue } = world;
  journal.reaped((await engine.reap(queue, limit)).reaped);
  await engine.promote(queue, limit);
  await engine.prune(queue, limit);
  await engine.syncPolicy();
  journal.circuit.synced((await engine.providerAccounts.get(account.name))?.state);
}

interface Asked {
  readonly count: number;
  /** True if the worker dies before it has read the answer. */
  readonly lost?: boolean;
  readonly types?: readonly string[];
  readonly alone?: boolean;
  readonly except?: readonly string[];
}

async function lease(world: World, by: Replica, journal: Journal, asked: Asked): Promise<void> {
  const engine = world.engine(by);
  const { queue, leaseMs } = world;
  const { count, lost = false, types = [], alone = false, except = [] } = asked;
  const request = { queue, count, leaseMs, types, alone, except, workerId: "w1" };
  const { leases, suspectsWait } = await engine.lease(request);
  const which = { types, alone, except };
  for (const heldLease of leases) journal.leased(heldLease, which);
  if (!lost) world.held.push(...leases);
  if (leases.length === count) return;
  await journal.nothingLeft(engine, which);
  if (!alone && !suspectsWait) await journal.nothingLeft(engine, { ...which, alone: true });
}

/** Checks that all jobs end, and that every counter becomes zero, once workers only complete what they lease. */
async function finish(world: World, journal: Journal, awaited: Awaited): Promise<void> {
  const { queue, time } = world;
  const engine = world.engine(0);
  await engine.pauseQueue(queue, false);
  journal.paused = false;
  // Jobs of a model that was removed wait until there is one again.
  for (const model of models) {
    await engine.models.put(model);
    journal.routes.changed(model);
  }
  for (let round = 0; round < 400; round += 1) {
    await duties(world, 0, journal, 100);
    await lease(world, 0, journal, { count: 50 });
    await lease(world, 0, journal, { count: 50, alone: true });
    const held = world.held.splice(0);
    const settlements = held.map((one) => settlementOf(one, "complete", undefined));
    const outcomes = await engine.settle(settlements);
    outcomes.forEach((outcome, index) => {
      const [settlement, lease] = [settlements[index], held[index]];
      if (settlement !== undefined && lease !== undefined)
        journal.settled(settlement, outcome, lease);
    });
    const { queued, scheduled, running } = await engine.stats(queue);
    if (queued + scheduled + running === 0) break;
    time.nowMs += 11_000;
  }
  const records = await engine.getJobs(journal.ids as JobId[]);
  expect(records.map((record) => record?.state)).not.toContain("QUEUED");
  for (const record of records) if (record !== undefined) journal.ended(record);
  await awaited.all(world.engine(1));
  await journal.spending.check(engine, time.nowMs);
  time.nowMs += 2 * 86_400_000;
  await engine.syncPolicy();
  for (const account of await engine.providerAccounts.list()) {
    expect(account).toMatchObject({ running: 0, requestsUsed: 0, tokensUsed: 0 });
  }
  expect(await engine.stats(queue)).toMatchObject({
    queued: 0,
    scheduled: 0,
    running: 0,
    lanes: 0,
  });
  expect(await engine.audit()).toEqual([]);
}
