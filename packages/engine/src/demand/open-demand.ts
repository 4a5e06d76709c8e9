import type { ProviderAccountRegistry } from "../accounts/provider-accounts.ts";
import type { LeaseSettings } from "../leases/contract.ts";
import type { EngineParts } from "../redis/parts.ts";
import { accountRoom } from "./account-room.ts";
import type { Demand, PoolDemand } from "./contract.ts";
import { readDemand, type ShardPoolDemand } from "./read_demand.ts";

/** How many lanes of each class, held lanes and running jobs a reading looks at. */
const SAMPLE = 128;

export interface DemandParts extends EngineParts<LeaseSettings> {
  readonly accounts: Pick<ProviderAccountRegistry, "get">;
}

export function openDemand({ redis, clock, shards, accounts }: DemandParts): Demand {
  /** Jobs of several queues share the room of their account. */
  const ofPool = async (name: string, parts: readonly ShardPoolDemand[]): Promise<PoolDemand> => {
    const ready = parts.reduce((sum, { readyJobs }) => sum + readyJobs, 0);
    const running = parts.reduce((sum, part) => sum + part.running, 0);
    const governed = ready > 0 && parts.some((part) => part.governed);
    const account = governed ? await accounts.get(name) : undefined;
    if (account === undefined) return { runnable: ready, running };
    const waiting = parts.filter(({ readyJobs }) => readyJobs > 0);
    const tokens = Math.min(...waiting.map(({ leastTokens }) => leastTokens));
    return { runnable: Math.min(ready, accountRoom(account, tokens, clock.nowMs())), running };
  };
  return {
    async demand(queues) {
      const all = (await Promise.all(queues.map((queue) => shards.ofQueue(queue)))).flat();
      const read = await Promise.all(
        all.map(({ base, definition }) =>
          readDemand.run(redis, base, {
            nowMs: clock.nowMs(),
            defaultTokens: definition.defaultEstimatedTokens,
            sample: SAMPLE,
          }),
        ),
      );
      const parts = read.flatMap(({ paused, pools }) =>
        pools.map((pool) => (paused ? { ...pool, readyJobs: 0 } : pool)),
      );
      const names = [...new Set(parts.map(({ pool }) => pool))];
      const demands = names.map(async (name) => {
        const own = parts.filter(({ pool }) => pool === name);
        return [name, await ofPool(name, own)] as const;
      });
      return new Map(await Promise.all(demands));
    },
  };
}
