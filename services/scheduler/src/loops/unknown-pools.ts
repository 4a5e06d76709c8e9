import { every, type Loop, type LoopOptions } from "@millrace/shared";
import type { Logger } from "@millrace/telemetry";
import type { ConnectedWorkers } from "../session/connected-workers.ts";
import { type Catalogue, knownPools } from "../session/known-pools.ts";

/**
 * Warns of a worker that serves pools which nothing names: no provider account, and no route of a model. Then the name is
 * probably misspelt. It looks at each worker once, and at none while the catalogue of models is empty: pools need no
 * definition.
 */
export function startUnknownPools(
  engine: Catalogue,
  connected: Pick<ConnectedWorkers, "list">,
  log: Pick<Logger, "warn">,
  options: LoopOptions,
): Loop {
  let seen: ReadonlySet<string> = new Set();
  const nameOf = ({ workerId, pools }: { workerId: string; pools: readonly string[] }) =>
    [workerId, ...pools].join(" ");
  return every(async () => {
    const workers = connected.list();
    const fresh = workers.filter((worker) => worker.pools.length > 0 && !seen.has(nameOf(worker)));
    if (fresh.length > 0) {
      const known = await knownPools(engine);
      for (const { workerId, pools } of fresh) {
        const unknown = known === undefined ? [] : pools.filter((pool) => !known.has(pool));
        if (unknown.length === 0) continue;
        log.warn(
          { workerId, pools: unknown },
          "a worker serves pools that are neither provider accounts nor accounts of a model's route: correct its pools, or define them",
        );
      }
    }
    seen = new Set(workers.map(nameOf));
  }, options);
}
