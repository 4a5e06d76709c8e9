import { type KeyId, newJobId, type QueueName, systemRandom } from "@millrace/shared";
import { seededRandom } from "@millrace/testing";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { LEASE_MS, setup } from "../../test/setup.ts";
import { keyHomeBase, shardAt } from "../redis/keys.ts";
import { applyPortions } from "./apply_portions.ts";
import { exchangePortion } from "./exchange_portion.ts";
import { reportPortions } from "./report_portions.ts";

const key = "aaaa" as KeyId;
const queues = ["documents", "mail", "video"] as QueueName[];
const LIMITS = {
  requestsPerMinute: 12,
  tokensPerMinute: 1_000,
  tokensPerDay: 4_000,
  maxRunning: 4,
};
const STEPS = 250;

interface Start {
  readonly atMs: number;
  readonly tokens: number;
}

/** What the starts of the given stretch of time reserved, for the fullest such stretch. */
function fullest(starts: readonly Start[], lastMs: number, amount: (start: Start) => number) {
  let most = 0;
  for (const { atMs: from } of starts) {
    const within = starts.filter(({ atMs }) => atMs >= from && atMs < from + lastMs);
    most = Math.max(
      most,
      within.reduce((sum, start) => sum + amount(start), 0),
    );
  }
  return most;
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "whatever order the calls of portions come in, and wherever callers die, no limit is exceeded, and none is lost (seed %i)",
  async (seed) => {
    const random = seededRandom(seed);
    const { engine, time, job, url, rootPrefix } = await setup();
    const redis = new Redis(url);
    onTestFinished(() => redis.disconnect());
    for (const name of queues.slice(1)) await engine.defineQueue({ name });
    await engine.keyBudgets.set(key, LIMITS);
    const pick = <T>(all: readonly T[]): T => all[Math.floor(random.next() * all.length)] as T;
    const baseOf = (name: QueueName) => shardAt(rootPrefix, name, 0).base;
    const home = keyHomeBase(rootPrefix, key);
    const starts: Start[] = [];
    const running: Awaited<ReturnType<typeof engine.lease>>["leases"][number][] = [];
    /** Calls that a caller has still to make, if it lives. */
    const pending: (() => Promise<void>)[] = [];
    let made = 0;

    const submit = async (name: QueueName) => {
      made += 1;
      const id = newJobId(name, key, time.nowMs + made, systemRandom);
      const estimatedTokens = pick([10, 50, 100, 400, 900]);
      await engine.submit([{ ...job(key), id, estimatedTokens, maxAttempts: 1 }]);
    };
    const lease = async (name: QueueName) => {
      const count = 1 + Math.floor(random.next() * 3);
      const request = { queue: name, count, leaseMs: 10 * LEASE_MS, workerId: "w" };
      const { leases } = await engine.lease(request);
      for (const one of leases) {
        starts.push({ atMs: time.nowMs, tokens: one.job.estimatedTokens ?? 0 });
        running.push(one);
      }
    };
    const report = async (name: QueueName) => {
      const base = baseOf(name);
      const keep = random.next() < 0.5 ? {} : { keep: `${pick([0, 3, 12])},500,2000,1` };
      const keys = [{ key, ...keep }];
      const [said] = await reportPortions.run(redis, base, { nowMs: time.nowMs, keys });
      if (said === undefined) throw new Error("no report");
      const needs = random.next() < 0.3 ? "-" : "1,100,100,1";
      const { key: _, ...rest } = said;
      const exchange = async () => {
        const given = { ...rest, nowMs: time.nowMs, shard: base, needs };
        const answer = await exchangePortion.run(redis, home, given);
        if (answer.kind === "STALE" || needs === "-") return;
        const { amounts, met: more } = answer;
        const answers = [{ key, version: said.version, amounts, waitMs: 0, more }];
        pending.push(
          async () => void (await applyPortions.run(redis, base, { nowMs: time.nowMs, answers })),
        );
      };
      pending.push(exchange);
    };

    for (let step = 0; step < STEPS; step += 1) {
      const dice = random.next();
      if (dice < 0.25) await submit(pick(queues));
      else if (dice < 0.5) await lease(pick(queues));
      else if (dice < 0.65) await report(pick(queues));
      else if (dice < 0.85 && pending.length > 0) {
        const at = Math.floor(random.next() * pending.length);
        const [call] = pending.splice(at, 1);
        // Sometimes a call is made twice, because its answer was lost, and sometimes its caller dies.
        if (random.next() < 0.9) await call?.();
        if (random.next() < 0.2) await call?.();
      } else if (dice < 0.95 && running.length > 0) {
        const [one] = running.splice(Math.floor(random.next() * running.length), 1);
        if (one !== undefined) {
          const usage = {
            inputTokens: one.job.estimatedTokens ?? 0,
            outputTokens: 0,
            providerCalls: 1,
          };
          await engine.settle([{ ...one, kind: "complete", resultJson: "1", usage }]);
        }
      } else time.nowMs += pick([1, 100, 2_000, 20_000, 70_000, 1_000_000]);
      expect(running.length).toBeLessThanOrEqual(LIMITS.maxRunning);
    }
    const tokens = (start: Start) => start.tokens;
    expect(fullest(starts, 60_000, () => 1)).toBeLessThanOrEqual(LIMITS.requestsPerMinute);
    expect(fullest(starts, 60_000, tokens)).toBeLessThanOrEqual(LIMITS.tokensPerMinute);
    expect(fullest(starts, 86_400_000, tokens)).toBeLessThanOrEqual(LIMITS.tokensPerDay);
    expect(starts.length).toBeGreaterThan(5);
    expect(await engine.audit()).toEqual([]);

    // After a day with nothing, one queue can use all of the budget.
    await engine.settle(running.map((one) => ({ ...one, kind: "complete", resultJson: "1" })));
    for (const name of queues) {
      await engine.pauseQueue(name, true);
    }
    time.nowMs += 2 * 86_400_000;
    const last = "documents" as QueueName;
    await engine.pauseQueue(last, false);
    for (let more = 0; more < LIMITS.maxRunning; more += 1) await submit(last);
    let ran = 0;
    for (let tries = 0; tries < 200 && ran < LIMITS.maxRunning; tries += 1) {
      const request = { queue: last, count: 9, leaseMs: LEASE_MS, workerId: "w" };
      ran += (await engine.lease(request)).leases.length;
      time.nowMs += 1_000;
    }
    expect(ran).toBeGreaterThanOrEqual(LIMITS.maxRunning);
  },
);
