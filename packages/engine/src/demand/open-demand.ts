import type { ProviderAccountRegistry } from "../accounts/provider-accounts.ts";
import type { LeaseSettings } from "../leases/contract.ts";
import type { EngineParts } from "../redis/parts.ts";
import { accountRoom } from "./account-room.ts";
import type { Demand } from "./contract.ts";
import { demandByPool } from "./demand-by-pool.ts";
import { readDemand } from "./read_demand.ts";

/** How many lanes of each class, held lanes and running jobs a reading looks at. */
const SAMPLE = 128;

export interface DemandParts extends EngineParts<LeaseSettings> {
  readonly accounts: Pick<ProviderAccountRegistry, "get">;
}

export function openDemand({ redis, clock, shards, accounts }: DemandParts): Demand {
  const roomOf = async (name: string, tokens: number): Promise<number> => {
    const account = await accounts.get(name);
    return account === undefined
      ? Number.POSITIVE_INFINITY
      : accountRoom(account, tokens, clock.nowMs());
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
      return demandByPool(parts, roomOf);
    },
  };
}
