import { systemRandom } from "@millrace/shared";
import fc from "fast-check";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { audit } from "../../test/audit.ts";
import { lease, leaseOne, queue, setup } from "../../test/setup.ts";
import type { Engine, Lease } from "../index.ts";
import { accountBase, shardAt } from "../redis/keys.ts";
import { accountRegistry } from "./account-registry.ts";

/** The seeds, so that each run of the test makes the same steps. */
const SEED = 20_261_129;

const pool = "acme/m";
const failure = { reason: "PROVIDER_ERROR", message: "429", retryable: true };

async function parts(change = {}) {
  const made = await setup(change);
  const redis = new Redis(made.url);
  onTestFinished(() => redis.disconnect());
  const registry = accountRegistry(redis, made.rootPrefix, systemRandom);
  const { engine, job, rootPrefix } = made;
  return {
    ...{ ...made, redis },
    submit: (count: number, key = "aaaa") =>
      engine.submit(Array.from({ length: count }, () => job(key, { pool }))),
    check: () => audit(redis, rootPrefix),
    put: (maxRunning: number) => engine.providerAccounts.put({ name: pool, maxRunning }),
    /** Changes the registry as a replica does that dies before it writes to any shard. */
    putAndDie: (maxRunning: number) => registry.put({ name: pool, maxRunning }),
    deleteAndDie: () => registry.remove(pool),
    accountKeys: async () => [
      ...(await redis.keys(`${rootPrefix}:*mr:account`)),
      ...(await redis.keys(`${rootPrefix}:*mr:slice:${pool}`)),
    ],
  };
}

const complete = (engine: Engine, leases: readonly Lease[]) =>
  engine.settle(
    leases.map((leased) => ({ ...leased, kind: "complete" as const, resultJson: "1" })),
  );

test("an account that is removed while jobs run leaves nothing, and starts anew when it is created again", async () => {
  const { engine, submit, put, check, accountKeys } = await parts();
  await put(2);
  await submit(4);
  const first = await lease(engine, 4);
  expect(first).toHaveLength(2);
  await engine.providerAccounts.delete(pool);
  expect(await accountKeys()).toEqual([]);
  await check();
  const rest = await lease(engine, 4);
  expect(rest).toHaveLength(2);
  await complete(engine, [...first, ...rest]);
  await check();
  await put(1);
  expect((await engine.providerAccounts.get(pool))?.running).toBe(0);
  await submit(2);
  expect(await lease(engine, 2)).toHaveLength(1);
  await check();
});

test("jobs that ran under a removed account do not count for or against its successor of the same name", async () => {
  const { engine, submit, put, time, check } = await parts();
  await put(3);
  await submit(8);
  const before = await lease(engine, 8);
  expect(before).toHaveLength(3);
  await engine.providerAccounts.delete(pool);
  await put(3);
  const after = await lease(engine, 8);
  expect(after).toHaveLength(3);
  await complete(engine, before);
  await check();
  time.nowMs += 60;
  expect(await lease(engine, 8)).toEqual([]);
  await complete(engine, after);
  time.nowMs += 60;
  expect(await lease(engine, 8)).toHaveLength(2);
  await check();
});

test("an account that a refusal creates does not count the jobs that run already", async () => {
  const { engine, submit, time, check } = await parts();
  await submit(3);
  const before = await lease(engine, 3);
  await engine.providerAccounts.report(pool, { kind: "refused", askedMs: 1_000 });
  const [refused, ...others] = before;
  if (refused === undefined) throw new Error("no job");
  await engine.settle([{ ...refused, kind: "bounce", delayMs: 0, failure }]);
  await complete(engine, others);
  await check();
  await engine.providerAccounts.delete(pool);
  expect(await lease(engine, 3)).toHaveLength(1);
  time.nowMs += 60;
  await check();
});

test("a shard that does not know that its account was removed gets no more slices, and the account stays removed", async () => {
  const { engine, submit, put, deleteAndDie, time, accountKeys, check } = await parts();
  await put(1);
  await submit(4);
  const first = await leaseOne(engine);
  await deleteAndDie();
  expect(await lease(engine, 4)).toEqual([]);
  time.nowMs += 2_000;
  await engine.syncPolicy();
  await check();
  expect(await lease(engine, 4)).toHaveLength(3);
  await complete(engine, [first]);
  await check();
  // The operator's next attempt removes what the dead replica left of the account.
  await engine.providerAccounts.delete(pool);
  expect(await accountKeys()).toEqual([]);
});

test("if replicas die while they remove and create an account, a duty completes the new account", async () => {
  const { engine, submit, put, putAndDie, deleteAndDie, time, check } = await parts();
  await put(1);
  await submit(4);
  const first = await leaseOne(engine);
  await deleteAndDie();
  await putAndDie(2);
  expect(await lease(engine, 4)).toEqual([]);
  await engine.syncPolicy();
  time.nowMs += 60;
  expect(await lease(engine, 4)).toHaveLength(2);
  await complete(engine, [first]);
  await check();
  time.nowMs += 60;
  expect(await lease(engine, 4)).toEqual([]);
});

test("a shard that does not know that its account was created again learns it in its next exchange", async () => {
  const { engine, submit, put, redis, rootPrefix, time, check } = await parts();
  await put(1);
  await submit(4);
  const first = await leaseOne(engine);
  const { base } = shardAt(rootPrefix, queue, 0);
  const governed = await redis.hgetall(`${base}mr:governed`);
  const slice = await redis.hgetall(`${base}mr:slice:${pool}`);
  await engine.providerAccounts.delete(pool);
  await put(2);
  // Neither change reaches this shard.
  await redis.hset(`${base}mr:governed`, governed);
  await redis.hset(`${base}mr:slice:${pool}`, slice);
  time.nowMs += 2_000;
  expect(await lease(engine, 4)).toHaveLength(2);
  await complete(engine, [first]);
  await check();
});

test("a removal that arrives late does not remove the state of a new account", async () => {
  const { engine, submit, put, redis, rootPrefix } = await parts();
  await put(1);
  await engine.providerAccounts.delete(pool);
  await put(1);
  await submit(2);
  expect(await lease(engine, 2)).toHaveLength(1);
  const { closeAccount } = await import("./close_account.ts");
  const base = accountBase(rootPrefix, pool);
  expect(await closeAccount.run(redis, base, { version: 2 })).toBe("OLD");
  expect(await closeAccount.run(redis, base, { version: 3 })).toBe("CLOSED");
  // The registry creates the state again.
  await engine.syncPolicy();
  expect((await engine.providerAccounts.get(pool))?.runningLimit).toBe(1);
});

const step = fc.oneof(
  fc.record({ kind: fc.constant("lease" as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant("settle" as const) }),
  fc.record({ kind: fc.constant("put" as const), running: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant("delete" as const) }),
  fc.record({ kind: fc.constant("refuse" as const) }),
  fc.record({ kind: fc.constant("putAndDie" as const), running: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant("deleteAndDie" as const) }),
  fc.record({ kind: fc.constant("sync" as const) }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(60, 2_000, 40_000) }),
);

test("running jobs are counted correctly in any order of removals, creations and refusals of accounts", async () => {
  const property = fc.asyncProperty(
    fc.constantFrom(1, 2),
    fc.array(step, { minLength: 4, maxLength: 30, size: "max" }),
    async (shards, steps) => {
      const { engine, submit, put, putAndDie, deleteAndDie, time, check } = await parts({ shards });
      await put(2);
      await submit(20, "key1");
      await submit(20, "key2");
      let running: Lease[] = [];
      for (const one of steps) {
        if (one.kind === "lease") running.push(...(await lease(engine, one.count)));
        else if (one.kind === "settle") await complete(engine, running.splice(0, 1));
        else if (one.kind === "put") await put(one.running);
        else if (one.kind === "delete") await engine.providerAccounts.delete(pool);
        else if (one.kind === "refuse") {
          await engine.providerAccounts.report(pool, { kind: "refused", askedMs: 1_000 });
        } else if (one.kind === "putAndDie") await putAndDie(one.running);
        else if (one.kind === "deleteAndDie") await deleteAndDie();
        else if (one.kind === "sync") await engine.syncPolicy();
        else {
          time.nowMs += one.ms;
          running = running.slice(one.ms > 30_000 ? running.length : 0);
          await engine.reap(queue, 100);
        }
        await check();
      }
      await complete(engine, running);
      time.nowMs += 70_000;
      await engine.reap(queue, 100);
      await engine.syncPolicy();
      await engine.providerAccounts.delete(pool);
      await put(3);
      expect(await lease(engine, 10)).toHaveLength(3);
      await check();
    },
  );
  await fc.assert(property, { numRuns: 25, seed: SEED });
}, 300_000);

test("the audit finds a slice of a pool that is no account", async () => {
  const { redis, rootPrefix, engine } = await parts();
  const { base } = shardAt(rootPrefix, queue, 0);
  await redis.hset(`${base}mr:slice:${pool}`, "n", "0");
  const findings = await engine.audit();
  expect(findings.map(({ problem }) => problem)).toEqual([
    "has a slice, but is no provider account (queue documents, shard 0)",
  ]);
});
