import type { Redis } from "ioredis";
import type { EndedJob, Lease, LeaseRequest, LeaseResult } from "./engine.ts";
import { lease } from "./scripts/lease.ts";
import type { ShardOfQueue } from "./shard-map.ts";

/** Redis does nothing else while it leases. */
const LEASES_PER_CALL = 256;

export type LeaseFrom = (
  shards: readonly ShardOfQueue[],
  request: LeaseRequest,
  stamp: { readonly nowMs: number; readonly maxEvents: number },
) => Promise<LeaseResult>;

/** Leases from a queue's shards by turns, until there are enough or none has more. */
export function leaseFromShards(redis: Redis): LeaseFrom {
  // Which shard a queue's next call begins with, so that all are first equally often.
  const turns = new Map<string, number>();

  return async (shards, request, stamp) => {
    const turn = turns.get(request.queue) ?? 0;
    if (shards.length > 1) turns.set(request.queue, (turn + 1) % shards.length);
    const leases: Lease[] = [];
    const expired: EndedJob[] = [];
    let nextDueMs = Number.POSITIVE_INFINITY;
    for (const { base, definition } of [...shards.slice(turn), ...shards.slice(0, turn)]) {
      const { retainFailedMs: keepFailedMs, defaultEstimatedTokens: defaultTokens } = definition;
      for (let full = true; full && leases.length < request.count; ) {
        const count = Math.min(request.count - leases.length, LEASES_PER_CALL);
        const call = { ...request, ...stamp, keepFailedMs, defaultTokens, count };
        const result = await lease.run(redis, base, call);
        leases.push(...result.leases);
        expired.push(...result.expired);
        nextDueMs = Math.min(nextDueMs, result.nextDueMs ?? Number.POSITIVE_INFINITY);
        full = result.leases.length === count;
      }
    }
    return { leases, expired, ...(Number.isFinite(nextDueMs) ? { nextDueMs } : {}) };
  };
}
