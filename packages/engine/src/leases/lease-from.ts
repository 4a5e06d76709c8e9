import type { Clock } from "@millrace/shared";
import type { Want } from "../accounts/account-shards.ts";
import type { ProviderAccountRegistry } from "../accounts/provider-accounts.ts";
import type { EndedJob, EndReason } from "../jobs/contract.ts";
import type { OtherEndsParts } from "../jobs/other-ends.ts";
import type { ConstraintKind } from "../lanes/contract.ts";
import type { ShardOfQueue } from "../redis/shard-map.ts";
import type { Store } from "../redis/store-connection.ts";
import type { Lease, LeaseRequest, LeaseResult, LeaseSettings } from "./contract.ts";
import { AccountHolds } from "./holds.ts";
import { lease } from "./lease.ts";
import { settle } from "./settle.ts";

/** A bound on one call, because Redis serves nothing else meanwhile. */
const LEASES_PER_CALL = 256;
/**
 * How long a shard waits before it asks an account again that had nothing to grant. It may take as long until the shard
 * learns of a slot that another shard frees, or of a limit that another engine raises.
 */
const ASK_AGAIN_MS = 50;

export interface LeaseFrom {
  /** Attempts ended in this engine, or an account was changed. So an account that had nothing may have something now. */
  freed(): void;
  /** Leases from the shards of a queue in turn, until it has enough jobs or no shard has more. */
  lease(
    shards: readonly ShardOfQueue<LeaseSettings>[],
    request: LeaseRequest,
    stamp: { readonly nowMs: number; readonly maxEvents: number },
  ): Promise<LeaseResult>;
}

/** Every job has a type. A job without one has a spec that another program wrote. */
const isReadable = ({ job }: Lease): boolean => job.type !== "";

/** Ends jobs that no worker could read, before a worker gets them. */
async function failUnreadable(
  { redis, onOtherEnds }: Pick<LeaseFromParts, "redis" | "onOtherEnds">,
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
  readonly clock: Clock;
}

export function leaseFromShards(parts: LeaseFromParts): LeaseFrom {
  const { redis, accounts, clock, onOtherEnds } = parts;
  // The shard with which a queue's next call begins. It rotates, so that all shards are first equally often.
  const turns = new Map<string, number>();
  // For each shard and pool: when to ask an account again that had nothing to grant.
  const askAgain = new Map<string, number>();
  const refused = new AccountHolds();

  /** Exchanges slices with accounts. Returns whether any account granted something. */
  const getSlices = async (
    { base }: ShardOfQueue<LeaseSettings>,
    wants: readonly Want[],
    dueMs: number[],
    note: (kind: ConstraintKind, lanes: number) => void,
  ) => {
    let granted = false;
    for (const want of wants) {
      const name = `${base}${want.pool}`;
      const againMs = askAgain.get(name) ?? 0;
      const nowMs = clock.nowMs();
      if (nowMs < againMs) {
        dueMs.push(againMs);
        continue;
      }
      const answer = await accounts.exchange({ base }, want);
      if (answer === undefined || (answer.grant?.requests ?? 0) > 0) {
        askAgain.delete(name);
        refused.over(name, nowMs);
        granted = true;
      } else {
        askAgain.set(name, nowMs + ASK_AGAIN_MS);
        if (answer.why !== "") {
          note(answer.why, 1);
          refused.begin(name, answer.why, nowMs);
        }
        dueMs.push(Math.max(answer.retryMs ?? 0, nowMs + ASK_AGAIN_MS));
      }
    }
    return granted;
  };

  return {
    freed: () => askAgain.clear(),
    async lease(shards, { workerId, ...request }, stamp) {
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
        for (let more = true; more && leases.length < request.count; ) {
          const count = Math.min(request.count - leases.length, LEASES_PER_CALL);
          const next = leases.length % workers.length;
          const workerIds = [...workers.slice(next), ...workers.slice(0, next)];
          const call = { ...request, ...stamp, workerIds, keepFailedMs, defaultTokens, count };
          const result = await lease.run(redis, base, call);
          onOtherEnds(result.others);
          const readable = result.leases.filter(isReadable);
          if (readable.length < result.leases.length) {
            await failUnreadable(parts, shard, result.leases, stamp);
          }
          leases.push(...readable.map((lease) => refused.addTo(lease, base, stamp.nowMs)));
          expired.push(...result.expired);
          suspectsWait ||= result.suspectsWait;
          for (const [kind, lanes] of result.held) note(kind, lanes);
          if (result.nextDueMs !== undefined) dueMs.push(result.nextDueMs);
          more = result.leases.length === count;
          if (!more && result.wants.length > 0)
            more = await getSlices(shard, result.wants, dueMs, note);
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
