import type { ProviderAccountStatus } from "../accounts/contract.ts";
import type { Clears } from "../accounts/provider-accounts.ts";
import type { ConstraintKind } from "../lanes/contract.ts";
import type { OldestJob, QueueWaits } from "./contract.ts";
import { accountConstraints } from "./explain.ts";
import type { PoolWaits, ShardWaits } from "./read_waits.ts";

/** Plain BullMQ jobs, which have no band, count as standard. */
const bandNames = {
  "0": "standard",
  "1": "interactive",
  "2": "standard",
  "3": "batch",
} as const;

type Account = (ProviderAccountStatus & Clears) | undefined;

/** Adds up what the shards of a queue report. `accounts` has the accounts of governed pools. */
export function queueWaits(
  shards: readonly ShardWaits[],
  accounts: ReadonlyMap<string, Account>,
): QueueWaits {
  const jobs = new Map<ConstraintKind, number>();
  const queuedByPool = new Map<string, number>();
  const count = (kind: ConstraintKind, more: number) => {
    if (more > 0) jobs.set(kind, (jobs.get(kind) ?? 0) + more);
  };
  for (const shard of shards) {
    count("SCHEDULED", shard.scheduled);
    count("GROUP_IN_FLIGHT", shard.withoutRoom);
    count("CHILDREN", shard.waiting);
    const part = partOf(shard);
    const inPool = (pool: string, more: number) =>
      queuedByPool.set(pool, (queuedByPool.get(pool) ?? 0) + more);
    let inLanes = 0;
    for (const pool of shard.pools) {
      const queued = part(pool.readyJobs + pool.heldJobs);
      inLanes += queued;
      inPool(poolOf(pool), queued);
    }
    // Plain BullMQ jobs that are in no lane yet.
    if (shard.queued > inLanes) inPool("", shard.queued - inLanes);
    if (shard.paused) {
      count("QUEUE_PAUSED", shard.queued);
      continue;
    }
    let rest = shard.queued;
    const take = (kind: ConstraintKind, more: number) => {
      const taken = Math.min(rest, part(more));
      rest -= taken;
      count(kind, taken);
    };
    for (const [kind, held] of shard.held) take(kind, held);
    for (const pool of shard.pools) {
      const kind = constraintOf(pool, accounts);
      if (kind !== undefined) take(kind, pool.readyJobs);
    }
    count("NO_FREE_WORKER", rest);
  }
  return { jobs, queuedByPool, oldest: oldestOf(shards), limitedKeys: limitedKeysOf(shards) };
}

/** Not all lanes are read if there are very many. Scales what was read to the whole, which is known exactly. */
function partOf({ queued, pools }: ShardWaits): (jobs: number) => number {
  const read = pools.reduce((sum, { readyJobs, heldJobs }) => sum + readyJobs + heldJobs, 0);
  const scale = read > queued ? queued / read : 1;
  return (jobs) => Math.round(jobs * scale);
}

/** What holds the jobs of a pool whose keys may run: the first constraint of the account. With an open route, nothing does. */
function constraintOf(
  { pool, governed, leastTokens: tokens, routes }: PoolWaits,
  accounts: ReadonlyMap<string, Account>,
): ConstraintKind | undefined {
  const ofAccount = (name: string) => {
    const account = accounts.get(name);
    return account && accountConstraints({ pool: name, tokens }, account)[0]?.kind;
  };
  if (routes === undefined) return governed ? ofAccount(pool) : undefined;
  if (routes.length === 0) return "NO_ROUTE";
  const kinds = routes.map(({ account, governed }) => (governed ? ofAccount(account) : undefined));
  return kinds.includes(undefined) ? undefined : kinds[0];
}

/** The pool under which jobs count: for those of a model, the account of their first route. */
const poolOf = ({ pool, routes }: PoolWaits): string =>
  routes === undefined ? pool : (routes[0]?.account ?? "");

function oldestOf(shards: readonly ShardWaits[]): OldestJob[] {
  const oldest = new Map<string, OldestJob>();
  for (const { band: code, sinceMs, limitedSinceMs } of shards.flatMap(({ bands }) => bands)) {
    const band = bandNames[code as keyof typeof bandNames] ?? "standard";
    for (const [limited, ms] of [
      [false, sinceMs],
      [true, limitedSinceMs],
    ] as const) {
      const known = oldest.get(`${band} ${limited}`);
      if (ms === undefined || (known !== undefined && known.sinceMs <= ms)) continue;
      oldest.set(`${band} ${limited}`, { band, limited, sinceMs: ms });
    }
  }
  return [...oldest.values()];
}

const limitedKeysOf = (shards: readonly ShardWaits[]) => [
  ...new Set(shards.flatMap(({ limitedKeys }) => limitedKeys)),
];
