import type { Clock } from "@millrace/shared";
import type { ProviderAccountRegistry } from "../accounts/provider-accounts.ts";
import type { KeyPortions } from "../budgets/key-portions.ts";
import type { EndedJob, EndReason } from "../jobs/contract.ts";
import type { OtherEndsParts } from "../jobs/other-ends.ts";
import type { ConstraintKind } from "../lanes/contract.ts";
import type { ShardOfQueue } from "../redis/shard-map.ts";
import { stampOf } from "../redis/stamp.ts";
import type { Store } from "../redis/store-connection.ts";
import type { SpendSettings } from "../spend/contract.ts";
import { AccountAsks } from "./account-asks.ts";
import type { Lease, LeaseRequest, LeaseResult, LeaseSettings } from "./contract.ts";
import { lease } from "./lease.ts";
import { settle } from "./settle.ts";

/** A bound on one call, because Redis serves nothing else meanwhile. */
const LEASES_PER_CALL = 64;
/** How often a lease asks for portions of keys' budgets: after that, what is left waits for the next lease. */
const MOST_PORTION_ASKS = 16;

export interface LeaseFrom {
  /** Attempts ended in this engine, or an account was changed. So an account that had nothing may have something now. */
  freed(): void;
  /** Leases from the shards of a queue in turn, until it has enough jobs or no shard has more. */
  lease(
    shards: readonly ShardOfQueue<LeaseSettings>[],
    request: LeaseRequest,
  ): Promise<LeaseResult>;
}

/** Every job has a type. A job without one has a spec that another program wrote. */
const isReadable = ({ job }: Lease): boolean => job.type !== "";

/** Ends jobs that no worker could read, before a worker gets them. */
async function failUnreadable(
  { redis, spend, onOtherEnds }: Pick<LeaseFromParts, "redis" | "spend" | "onOtherEnds">,
  { base, definition }: ShardOfQueue<LeaseSettings>,
  leases: readonly Lease[],
  stamp: { readonly nowMs: number; readonly maxEvents: number },
): Promise<void> {
  const message = "the job cannot be read: its stored field spec is malformed";
  const { others } = await settle.run(redis, base, {
    ...stamp,
    keepSucceededMs: definition.retainSucceededMs,
    keepFailedMs: definition.retainFailedMs,
    maxBounces: definition.maxBounces,
    spend,
    settlements: leases
      .filter((lease) => !isReadable(lease))
      .map(({ jobId, token }) => ({
        ...{ jobId, token, kind: "fail", state: "FAILED" },
        failure: { reason: "UNREADABLE" satisfies EndReason, message, retryable: false },
      })),
  });
  onOtherEnds(others);
}

export interface LeaseFromParts extends OtherEndsParts {
  readonly redis: Store;
  readonly accounts: Pick<ProviderAccountRegistry, "exchange">;
  readonly portions: Pick<KeyPortions, "obtain">;
  readonly clock: Clock;
  readonly spend: SpendSettings;
}

export function leaseFromShards(parts: LeaseFromParts): LeaseFrom {
  const { redis, accounts, portions, clock, onOtherEnds } = parts;
  // The shard with which a queue's next call begins. It rotates, so that all shards are first equally often.
  const turns = new Map<string, number>();
  const asks = new AccountAsks(accounts, () => clock.nowMs());

  return {
    freed: () => asks.forget(),
    async lease(shards, { workerId, ...request }) {
      const workers = typeof workerId === "string" ? [workerId] : workerId;
      const turn = turns.get(request.queue) ?? 0;
      if (shards.length > 1) turns.set(request.queue, (turn + 1) % shards.length);
      const leases: Lease[] = [];
      const expired: EndedJob[] = [];
      const dueMs: number[] = [];
      const held = new Map<ConstraintKind, number>();
      let suspectsWait = false;
      const note = (kind: ConstraintKind, lanes: number) =>
        held.set(kind, (held.get(kind) ?? 0) + lanes);
      for (const shard of [...shards.slice(turn), ...shards.slice(0, turn)]) {
        const { base, definition } = shard;
        const { retainFailedMs: keepFailedMs, defaultEstimatedTokens: defaultTokens } = definition;
        const asked = { closed: asks.closedAt(base), dueMs, note };
        let portionAsks = 0;
        for (let more = true; more && leases.length < request.count; ) {
          const count = Math.min(request.count - leases.length, LEASES_PER_CALL);
          const next = leases.length % workers.length;
          const workerIds = [...workers.slice(next), ...workers.slice(0, next)];
          // A call that follows an answer must not reserve as of the time before the answer.
          const stamp = stampOf(clock);
          const call = {
            ...{ ...request, ...stamp, workerIds, keepFailedMs, defaultTokens, count },
            closed: [...asked.closed],
          };
          const result = await lease.run(redis, base, call);
          onOtherEnds(result.others);
          const readable = result.leases.filter(isReadable);
          if (readable.length < result.leases.length) {
            await failUnreadable(parts, shard, result.leases, stamp);
          }
          leases.push(...readable.map((lease) => asks.addHolds(lease, base, stamp.nowMs)));
          expired.push(...result.expired);
          suspectsWait ||= result.suspectsWait;
          for (const [kind, lanes] of result.held) note(kind, lanes);
          if (result.nextDueMs !== undefined) dueMs.push(result.nextDueMs);
          dueMs.push(...result.waitsFor.flatMap((name) => asks.asksAgainMs(base, name) ?? []));
          more = result.leases.length === count;
          const { wants, keyWants } = result;
          if (keyWants.length > 0) {
            await portions.obtain(base, keyWants);
            // The call has ended before jobs that may run. Whoever has not got a larger portion does not ask again at once.
            portionAsks += 1;
            more = portionAsks < MOST_PORTION_ASKS;
          }
          if (!more && wants.length > 0) more = await asks.getSlices(base, wants, asked);
        }
      }
      return {
        leases,
        expired,
        held,
        suspectsWait,
        ...(dueMs.length === 0 ? {} : { nextDueMs: Math.min(...dueMs) }),
      };
    },
  };
}
