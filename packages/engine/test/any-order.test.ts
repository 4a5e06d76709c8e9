import fc from "fast-check";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import type { Lease, Settlement, SettleOutcome } from "../src/index.ts";
import { audit } from "./audit.ts";
import { LEASE_MS, lease, queue, setup } from "./setup.ts";

/** The seeds, so that each run of the test makes the same steps. */
const SEED = 20_261_129;

const failure = { reason: "NO", message: "no", retryable: true };
const keys = ["aaaa", "bbbb", "cccc"];

/** A step that may happen next. With `lost`, the caller dies before it has read the answer. */
const step = fc.oneof(
  fc.record({
    kind: fc.constant("submit" as const),
    jobs: fc.array(
      fc.record({
        key: fc.constantFrom(...keys),
        priority: fc.constantFrom(1, 10, 11, 50, 51, 100),
        pool: fc.constantFrom(undefined, "gpu"),
        delayMs: fc.constantFrom(undefined, 0, 1, 40_000),
        expiresMs: fc.constantFrom(undefined, undefined, 20_000),
        deadlineMs: fc.constantFrom(undefined, undefined, 50_000),
        idempotencyKey: fc.constantFrom(undefined, undefined, "k1", "k2"),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  }),
  fc.record({
    kind: fc.constant("lease" as const),
    count: fc.integer({ min: 1, max: 6 }),
    lost: fc.boolean(),
    alone: fc.constantFrom(false, false, true),
  }),
  fc.record({
    kind: fc.constant("settle" as const),
    as: fc.constantFrom("complete", "fail", "retry", "retryNow", "bounce", "release"),
    twice: fc.boolean(),
    stale: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("append" as const), chunks: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant("renew" as const) }),
  fc.record({ kind: fc.constant("cancel" as const), nth: fc.nat(30) }),
  fc.record({
    kind: fc.constant("pass" as const),
    ms: fc.constantFrom(1, 5_000, LEASE_MS, 60_000),
  }),
  fc.record({ kind: fc.constant("duties" as const), limit: fc.integer({ min: 1, max: 5 }) }),
);

test("in any order of steps, every job is in one place and ends once", async () => {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 5, maxLength: 40 }),
    async (steps) => {
      const { engine, time, job, url, rootPrefix } = await setup({ maxStalls: 2 });
      const redis = new Redis(url);
      onTestFinished(() => redis.disconnect());
      const submitted: string[] = [];
      const held: Lease[] = [];
      const newest = new Map<string, number>();
      const ended = new Map<string, string>();
      const note = (settlement: Settlement, outcome: SettleOutcome) => {
        if (outcome.kind !== "settled") return;
        expect(settlement.token).toBe(newest.get(settlement.jobId));
        if (outcome.repeated) return;
        if (!["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"].includes(outcome.state)) return;
        expect(ended.has(settlement.jobId)).toBe(false);
        ended.set(settlement.jobId, outcome.state);
      };
      const settlementOf = (leased: Lease, as: string): Settlement => {
        if (as === "complete") return { ...leased, kind: "complete", resultJson: "1" };
        if (as === "fail") return { ...leased, kind: "fail", state: "FAILED", failure };
        if (as === "release") return { ...leased, kind: "release" };
        if (as === "bounce") return { ...leased, kind: "bounce", delayMs: 0, failure };
        return { ...leased, kind: "retry", delayMs: as === "retry" ? 30_000 : 0, failure };
      };

      for (const next of steps) {
        switch (next.kind) {
          case "submit": {
            const specs = next.jobs.map(
              ({ key, priority, pool, delayMs, expiresMs, deadlineMs, idempotencyKey }) =>
                job(key, {
                  priority,
                  ...(pool === undefined ? {} : { pool }),
                  ...(delayMs === undefined ? {} : { runAtMs: time.nowMs + delayMs }),
                  ...(expiresMs === undefined ? {} : { expiresAtMs: time.nowMs + expiresMs }),
                  ...(deadlineMs === undefined ? {} : { deadlineMs: time.nowMs + deadlineMs }),
                  ...(idempotencyKey === undefined ? {} : { idempotencyKey, contentHash: "h" }),
                }),
            );
            const outcomes = await engine.submit(specs);
            outcomes.forEach((outcome, i) => {
              if (outcome.kind === "accepted") submitted.push(specs[i]?.id ?? "");
            });
            break;
          }
          case "lease": {
            const leases = await lease(engine, next.count, next.alone);
            for (const { job, attempt } of leases) {
              const wouldEnd = job.stalls >= 2 || attempt >= job.maxAttempts;
              expect(job.stalls > 0 && wouldEnd).toBe(next.alone);
            }
            for (const leased of leases) newest.set(leased.jobId, leased.token);
            if (!next.lost) held.push(...leases);
            break;
          }
          case "settle": {
            // A stale worker has kept a lease for long, and does not know that it may be lost.
            const leased = next.stale ? held[0] : held.pop();
            if (leased === undefined) break;
            const settlement = settlementOf(leased, next.as);
            const group = next.twice ? [settlement, settlement] : [settlement];
            for (const outcome of await engine.settle(group)) note(settlement, outcome);
            break;
          }
          case "append": {
            const leased = held.at(-1);
            if (leased === undefined) break;
            const chunks = Array.from({ length: next.chunks }, (_, seq) => ({
              seq,
              kind: "text" as const,
              body: "x",
            }));
            await engine.append([{ ...leased, chunks }]);
            break;
          }
          case "renew":
            await engine.renew(held, LEASE_MS);
            break;
          case "cancel": {
            const id = submitted[next.nth];
            if (id !== undefined) await engine.cancel(id as never, "enough");
            break;
          }
          case "pass":
            time.nowMs += next.ms;
            break;
          case "duties":
            await engine.reap(queue, next.limit);
            await engine.promote(queue, next.limit);
            await engine.prune(queue, next.limit);
        }
        await audit(redis, rootPrefix);
      }

      // Without more disturbance, and with workers that complete what they lease, every job ends.
      for (let round = 0; round < 100; round += 1) {
        time.nowMs += LEASE_MS;
        await engine.reap(queue, 1_000);
        const leases = [...(await lease(engine, 1_000)), ...(await lease(engine, 1_000, true))];
        await engine.settle(
          leases.map((leased) => ({ ...leased, kind: "complete", resultJson: "1" })),
        );
        const { queued, scheduled, running } = await engine.stats(queue);
        if (queued + scheduled + running === 0) break;
      }
      await audit(redis, rootPrefix);
      const records = await engine.getJobs(submitted as never[]);
      for (const record of records) {
        if (record === undefined) continue;
        expect(["SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"]).toContain(record.state);
        const seen = ended.get(record.id);
        if (seen !== undefined) expect(record.state).toBe(seen);
      }
      expect(records.filter((record) => record === undefined)).toEqual([]);
      const base = `${rootPrefix}:{${queue}:0}:${queue}:`;
      for (const gone of [
        "mr:depth",
        "mr:classes",
        "mr:leases",
        "mr:expiry",
        "active",
        "delayed",
      ]) {
        expect([gone, await redis.exists(base + gone)]).toEqual([gone, 0]);
      }
      await engine.close();
    },
  );
  await fc.assert(property, { numRuns: 60, seed: SEED });
});
