import type { PoolDemand } from "./contract.ts";
import type { ShardPoolDemand } from "./read_demand.ts";

/** How many jobs of an account may start now, if each takes at least `tokens`. Infinity: it has no limits. */
export type RoomOf = (account: string, tokens: number) => Promise<number>;

/**
 * Adds up the work of shards by pool. The jobs of all shards and queues share the room of their account. Jobs of a model count
 * under its routes as leases would choose them: under the first account as far as it has room after the jobs of its own pool,
 * the others under the next one. What no account has room for counts nowhere.
 */
export async function demandByPool(
  parts: readonly ShardPoolDemand[],
  roomOf: RoomOf,
): Promise<ReadonlyMap<string, PoolDemand>> {
  const found = new Map<string, { runnable: number; running: number }>();
  const at = (pool: string) => {
    const known = found.get(pool) ?? { runnable: 0, running: 0 };
    found.set(pool, known);
    return known;
  };
  /** What is left of each account after the jobs that were counted. */
  const left = new Map<string, number>();
  const leftOf = async (account: string, governed: boolean, tokens: number) => {
    if (!governed) return Number.POSITIVE_INFINITY;
    const known = left.get(account) ?? (await roomOf(account, tokens));
    left.set(account, known);
    return known;
  };
  const count = async (account: string, governed: boolean, tokens: number, jobs: number) => {
    const room = await leftOf(account, governed, tokens);
    const taken = Math.min(jobs, room);
    at(account).runnable += taken;
    left.set(account, room - taken);
    return jobs - taken;
  };

  for (const [pool, some] of byPool(parts.filter(({ routes }) => routes === undefined))) {
    at(pool).running += sum(some, ({ running }) => running);
    const jobs = sum(some, ({ readyJobs }) => readyJobs);
    const governed = some.some((part) => part.governed);
    if (jobs > 0) await count(pool, governed, leastOf(some), jobs);
  }
  for (const some of byPool(parts.filter(({ routes }) => routes !== undefined)).values()) {
    let jobs = sum(some, ({ readyJobs }) => readyJobs);
    const routes = some.find(({ routes }) => (routes?.length ?? 0) > 0)?.routes ?? [];
    for (const { account, governed } of routes) {
      if (jobs > 0) jobs = await count(account, governed, leastOf(some), jobs);
    }
  }
  return found;
}

const leastOf = (parts: readonly ShardPoolDemand[]): number =>
  Math.min(...parts.filter(({ readyJobs }) => readyJobs > 0).map((part) => part.leastTokens));

const sum = (parts: readonly ShardPoolDemand[], of: (part: ShardPoolDemand) => number): number =>
  parts.reduce((total, part) => total + of(part), 0);

function byPool(parts: readonly ShardPoolDemand[]): ReadonlyMap<string, ShardPoolDemand[]> {
  const pools = new Map<string, ShardPoolDemand[]>();
  for (const part of parts) pools.set(part.pool, [...(pools.get(part.pool) ?? []), part]);
  return pools;
}
