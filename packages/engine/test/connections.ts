/** An engine that is opened with given settings of Redis, and a job that goes through all of its calls. */
import { defaultBackoff, type KeyId, newJobId, systemClock, systemRandom } from "@millrace/shared";
import { expect, onTestFinished } from "vitest";
import { openEngine, type RedisSettings } from "../src/index.ts";
import { LEASE_MS, queue } from "./setup.ts";

export async function open(redis: RedisSettings) {
  const warnings: string[] = [];
  const engine = await openEngine({
    ...{ redis, clock: systemClock, random: systemRandom, redisTime: true },
    onWarning: (message) => warnings.push(message),
  });
  onTestFinished(() => engine.close());
  return { engine, warnings };
}

export const job = () => ({
  id: newJobId(queue, "aaaa" as KeyId, systemClock.nowMs(), systemRandom),
  ...{ type: "t", payloadJson: "{}", priority: 50, maxAttempts: 3, backoff: defaultBackoff },
  ...{ labels: {}, submittedAtMs: systemClock.nowMs() },
});

/** Runs a job from its submission to its end, with every kind of call. */
export async function runThrough(redis: RedisSettings) {
  const { engine, warnings } = await open(redis);
  await engine.defineQueue({ name: queue, shards: 3 });
  await engine.keyBudgets.set("aaaa" as KeyId, { maxRunning: 5 });
  await engine.providerAccounts.put({ name: "openai", maxRunning: 5 });
  const finished = Promise.withResolvers<void>();
  await using _subscription = await engine.subscribe(queue, ({ kind }) => {
    // Signals that are published during a reconnect are lost, and the listener gets a resync.
    if (kind === "finished" || kind === "resync") finished.resolve();
  });
  await engine.submit([{ ...job(), pool: "openai" }]);
  const request = { queue, count: 5, leaseMs: LEASE_MS, workerId: "w" };
  const { leases } = await engine.lease(request);
  expect(leases).toHaveLength(1);
  await engine.append(
    leases.map((leased) => ({ ...leased, chunks: [{ seq: 0, kind: "text", body: "x" }] })),
  );
  await engine.settle(leases.map((leased) => ({ ...leased, kind: "complete", resultJson: "1" })));
  await finished.promise;
  await engine.reap(queue, 10);
  await engine.promote(queue, 10);
  await engine.prune(queue, 10);
  await engine.syncPolicy();
  await engine.ping();
  expect(await engine.audit()).toEqual([]);
  return warnings;
}

/** The permissions that docs/operations.md gives to Millrace's Redis user. */
export const ACL = [
  ...["on", ">secret", "~mr:*", "&*", "+@all", "-@dangerous", "+info", "+bgrewriteaof"],
];
