import type { JobId } from "@millrace/shared";
import type { ProviderAccountRegistry } from "../accounts/provider-accounts.ts";
import type { KeyPortions } from "../budgets/key-portions.ts";
import type { JobRecord } from "../jobs/contract.ts";
import type { EndNews } from "../jobs/end-news.ts";
import type { OtherEndsParts } from "../jobs/other-ends.ts";
import { retention } from "../jobs/retention.ts";
import { byShard } from "../redis/by-shard.ts";
import type { EngineParts } from "../redis/parts.ts";
import { stampOf } from "../redis/stamp.ts";
import type { SpendSettings } from "../spend/contract.ts";
import { adoptLeases } from "./adopt_leases.ts";
import { checkLease } from "./check_lease.ts";
import type { LeaseSettings, Leases } from "./contract.ts";
import { leaseFromShards } from "./lease-from.ts";
import { leaseSecret } from "./lease-secret.ts";
import { reapLeases } from "./reap_leases.ts";
import { renewLeases } from "./renew_leases.ts";
import { type ReportedSettlement, settle } from "./settle.ts";

export interface LeasesParts extends EngineParts<LeaseSettings>, OtherEndsParts {
  readonly accounts: Pick<ProviderAccountRegistry, "exchange">;
  readonly portions: Pick<KeyPortions, "obtain">;
  readonly spend: SpendSettings;
  readonly ends: Pick<EndNews, "settling" | "settled">;
}

/** Callers invoke `freed` after an account was changed: it may grant something now where it had nothing before. */
export function openLeases(parts: LeasesParts): { leases: Leases; freed: () => void } {
  const { redis, rootPrefix, clock, random, shards, accounts, spend, ends, onOtherEnds } = parts;
  const { portions } = parts;
  const leaseFrom = leaseFromShards({ redis, accounts, portions, clock, spend, onOtherEnds });
  const leaseLost = () => ({ kind: "leaseLost" }) as const;

  const leases: Leases = {
    lease: async (request) => leaseFrom.lease(await shards.ofQueue(request.queue), request),

    async renew(refs, leaseMs) {
      const nowMs = clock.nowMs();
      return byShard(
        refs,
        await shards.forEach(refs),
        () => 0,
        ({ base }, group) => renewLeases.run(redis, base, { nowMs, leaseMs, leases: group }),
        leaseLost,
      );
    },

    async adopt(refs, leaseMs, workerId) {
      const nowMs = clock.nowMs();
      return byShard(
        refs,
        await shards.forEach(refs),
        () => 32_768,
        ({ base }, group) =>
          adoptLeases.run(redis, base, { nowMs, leaseMs, workerId, leases: group }),
        leaseLost,
      );
    },

    async holdsLease(lease) {
      const shard = await shards.ofJob(lease.jobId);
      return shard !== undefined && checkLease.run(redis, shard.base, lease);
    },

    async settle(given) {
      const stamp = stampOf(clock);
      const settlements = given.map(
        (one): ReportedSettlement => (ends.settling(one.jobId) ? { ...one, report: true } : one),
      );
      const ended = new Map<JobId, JobRecord>();
      try {
        const outcomes = await byShard(
          settlements,
          await shards.forEach(settlements),
          (one) => (one.kind === "complete" ? one.resultJson.length : 0),
          async ({ base, definition }, group) => {
            const { maxBounces } = definition;
            const call = {
              ...stamp,
              ...retention(definition),
              maxBounces,
              spend,
              settlements: group,
            };
            const settled = await settle.run(redis, base, call);
            onOtherEnds(settled.others);
            for (const job of settled.ended) ended.set(job.id, job);
            return settled.outcomes;
          },
          leaseLost,
        );
        leaseFrom.freed();
        return outcomes;
      } finally {
        for (const { jobId, report } of settlements) {
          if (report) ends.settled(jobId, ended.get(jobId));
        }
      }
    },

    async reap(queue, limit) {
      const stamp = stampOf(clock);
      const results = await Promise.all(
        (await shards.ofQueue(queue)).map(({ base, definition }) => {
          const { maxStalls, retainFailedMs: keepFailedMs } = definition;
          return reapLeases.run(redis, base, { ...stamp, keepFailedMs, maxStalls, limit });
        }),
      );
      leaseFrom.freed();
      for (const { others } of results) onOtherEnds(others);
      return {
        reaped: results.flatMap((result) => result.reaped),
        more: results.some((result) => result.more),
      };
    },

    leaseSecret: (known) => leaseSecret(redis, rootPrefix, random, known),
  };
  return { leases, freed: () => leaseFrom.freed() };
}
